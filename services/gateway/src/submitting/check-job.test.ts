import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { checkJob } from "./check-job.ts";

type Spec = MessageInitShape<typeof JobSpecSchema>;

const check = (spec: Spec) =>
  checkJob(create(JobSpecSchema, { queue: "documents", type: "echo", ...spec }), 1);
const labels = (count: number, prefix = "label"): Spec => ({
  labels: Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, "x"])),
});
const documents = (count: number, id = `doc_${"0".repeat(26)}`): Spec => ({
  documentIds: Array<string>(count).fill(id),
});

test.each([
  ["labels", labels(16)],
  ["documents", documents(16)],
])("a job may have 16 %s", (_, spec) => {
  expect(() => check(spec)).not.toThrow();
});

test.each([
  ["labels", labels(17, "!"), "labels", "map must be at most 16 entries"],
  ["documents", documents(17, "!"), "document_ids", "must contain no more than 16 item(s)"],
])("a job with more %s is refused for that before any of them is looked at", (...row) => {
  const [, spec, field, description] = row;
  expect(() => check(spec)).toThrow(
    expect.objectContaining({ reason: "MALFORMED", violations: [{ field, description }] }),
  );
});
