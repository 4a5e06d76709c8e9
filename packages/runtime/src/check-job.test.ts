import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { limits } from "@millrace/shared";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkJob } from "./check-job.ts";

type Spec = MessageInitShape<typeof JobSpecSchema>;

const check = (spec: Spec) =>
  checkJob(create(JobSpecSchema, { queue: "documents", type: "echo", ...spec }), 1);
const labels = (count: number, prefix = "label"): Spec => ({
  labels: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${prefix}${index}`, "x"]),
  ),
});
const documents = (count: number, id = `doc_${"0".repeat(26)}`): Spec => ({
  documentIds: Array<string>(count).fill(id),
});

test.each([
  ["labels", labels(16)],
  ["documents", documents(16)],
])("accepts a job with 16 %s", (_, spec) => {
  expect(() => check(spec)).not.toThrow();
});

test.each([
  ["labels", labels(17, "!"), "labels", "map must be at most 16 entries"],
  ["documents", documents(17, "!"), "document_ids", "must contain no more than 16 item(s)"],
])("refuses a job with more %s before it checks any of them", (...row) => {
  const [, spec, field, description] = row;
  expect(() => check(spec)).toThrow(
    expect.objectContaining({ reason: "MALFORMED", violations: [{ field, description }] }),
  );
});

test("refuses a job with a pool and a model, whose routes name the pools", () => {
  expect(() => check({ model: "openai/GPT-5:latest@2" })).not.toThrow();
  const [violation] = [{ field: "pool", description: expect.stringContaining("names a model") }];
  expect(() => check({ model: "fast", pool: "gpu" })).toThrow(
    expect.objectContaining({ reason: "MALFORMED", violations: [violation] }),
  );
  expect(() => check({ model: "two words" })).toThrow(
    expect.objectContaining({ reason: "MALFORMED" }),
  );
});

const struct = (letters: number): Spec => ({
  payload: {
    case: "payloadStruct",
    value: { names: [{ [`${"n".repeat(1_000)}`]: "\u0001".repeat(letters - 1_005) }] },
  },
});

test("refuses a structured payload whose texts alone are too long, without writing it as JSON", () => {
  const stringify = vi.spyOn(JSON, "stringify");
  onTestFinished(() => stringify.mockRestore());
  const tooLarge = expect.objectContaining({ reason: "TOO_LARGE" });
  expect(() => check(struct(limits.payloadBytes + 1))).toThrow(tooLarge);
  expect(stringify).not.toHaveBeenCalled();
  expect(() => check(struct(limits.payloadBytes))).toThrow(tooLarge);
  expect(stringify).toHaveBeenCalled();
});
