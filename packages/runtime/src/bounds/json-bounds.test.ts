import { toJson } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { JobSpecSchema } from "@millrace/proto/job";
import {
  ListJobsRequestSchema,
  SubmitJobRequestSchema,
  SubmitJobsRequestSchema,
  SubmitStreamRequestSchema,
  WatchJobRequestSchema,
} from "@millrace/proto/job-service";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestGroup } from "../../test/largest-group.ts";
import { assertBoundedJson, type JsonBounds } from "./json-bounds.ts";

function refusal(check: () => void): unknown {
  try {
    check();
  } catch (error) {
    return error;
  }
  return undefined;
}

const isTaken = (text: string, mostFields: number): boolean => {
  const error = refusal(() => assertBoundedJson(StructSchema, Buffer.from(text), { mostFields }));
  if (error !== undefined) expect(error).toMatchObject({ reason: "TOO_LARGE" });
  return error === undefined;
};

/** The cost in fields: one for each container, two for a comma and three for a colon. */
function fieldsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items = Object.values(value);
  const separators =
    Math.max(0, items.length - 1) * 2 + (Array.isArray(value) ? 0 : items.length * 3);
  return 1 + separators + items.reduce((sum: number, item) => sum + fieldsOf(item), 0);
}

const strings = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "[", "{", ",", ":", "x"), maxLength: 300 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    strings,
    fc.double(),
    fc.constantFrom(null, true),
    fc.array(tie("value")),
    fc.dictionary(strings, tie("value")),
  ),
})).value;

test("accepts free JSON with as many fields as the limit, and not one more", () => {
  fc.assert(
    fc.property(json, fc.boolean(), (value, spaced) => {
      const text = JSON.stringify(value, undefined, spaced ? 2 : undefined);
      const fields = fieldsOf(JSON.parse(text));
      expect(isTaken(text, fields)).toBe(true);
      if (fields > 0) expect(isTaken(text, fields - 1)).toBe(false);
    }),
  );
});

test.each(["", '"', '"\\', `"${"x".repeat(100)}`, `"${"x".repeat(63)}\\`, `"${"\\".repeat(65)}"`])(
  "counts nothing in a string that does not end: %s",
  (text) => {
    expect(isTaken(text, 0)).toBe(true);
  },
);

const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label${index}`, "x"]));
const texts = (count: number) => Array(count).fill("x");

describe("accepts as many entries as the contract allows, and not one more", () => {
  test.each([
    ["jobs", SubmitJobsRequestSchema, (count: number) => ({ jobs: Array(count).fill({}) }), 1_000],
    ["states", ListJobsRequestSchema, (count: number) => ({ states: Array(count).fill(1) }), 8],
    [
      "notify_job_ids",
      SubmitStreamRequestSchema,
      (count: number) => ({ notify_job_ids: texts(count) }),
      1_000,
    ],
    [
      "job.document_ids",
      SubmitJobRequestSchema,
      (count: number) => ({ wait: "1s", job: { documentIds: texts(count), labels: labels(16) } }),
      16,
    ],
    [
      "job.labels",
      SubmitJobRequestSchema,
      (count: number) => ({ job: { documentIds: [], labels: labels(count) } }),
      16,
    ],
    ["labels", JobSpecSchema, (count: number) => ({ labels: labels(count) }), 16],
  ])("%s", (field, desc, value, most) => {
    const check = (count: number, indent?: number) =>
      refusal(() =>
        assertBoundedJson(desc, Buffer.from(JSON.stringify(value(count), null, indent))),
      );
    expect(check(most)).toBeUndefined();
    expect(check(most, 1)).toBeUndefined();
    expect(check(most + 1)).toMatchObject({ reason: "MALFORMED", violations: [{ field }] });
  });

  test("applies the limit also if the name is written with escapes", () => {
    const text = JSON.stringify({ labels: labels(17) }).replace("labels", "lab\\u0065ls");
    const error = refusal(() => assertBoundedJson(JobSpecSchema, Buffer.from(text)));
    expect(error).toMatchObject({ violations: [{ field: "labels" }] });
  });
});

test("refuses no other job for one that is refused by itself, but limits the labels of all of them", () => {
  const jobs = (...counts: number[]) => ({
    jobs: counts.map((count) => ({ labels: labels(count) })),
  });
  const check = (value: object) =>
    refusal(() => assertBoundedJson(SubmitJobsRequestSchema, Buffer.from(JSON.stringify(value))));
  expect(check(jobs(1, 17))).toBeUndefined();
  expect(check(jobs(15_999, 1))).toBeUndefined();
  expect(check(jobs(15_999, 2))).toMatchObject({
    reason: "MALFORMED",
    violations: [{ field: "jobs[1].labels", description: "must be no more than 16000 in total" }],
  });
});

test("accepts the largest group of jobs that the contract allows", () => {
  const text = JSON.stringify(toJson(SubmitJobsRequestSchema, largestGroup()));
  assertBoundedJson(SubmitJobsRequestSchema, Buffer.from(text));
});

test.each([
  ["from_offset", WatchJobRequestSchema, (digits: string) => ({ fromOffset: digits })],
  [
    "jobs[1].sequence",
    SubmitStreamRequestSchema,
    (digits: string) => ({
      jobs: [
        { sequence: "1", job: {} },
        { job: {}, sequence: digits },
      ],
    }),
  ],
  ["job.priority", SubmitJobRequestSchema, (digits: string) => ({ job: { priority: digits } })],
  [
    "page_size",
    ListJobsRequestSchema,
    (digits: string) => ({ states: ["x".repeat(65)], type: "x".repeat(65), pageSize: digits }),
  ],
])("accepts %s as a string, with as many digits as any number has", (field, desc, value) => {
  const check = (digits: string) =>
    refusal(() => assertBoundedJson(desc, Buffer.from(JSON.stringify(value(digits)))));
  expect(check("0".repeat(64))).toBeUndefined();
  expect(check("0".repeat(65))).toMatchObject({ reason: "MALFORMED", violations: [{ field }] });
});

test("counts members that the contract does not know like those of a Struct", () => {
  const check = (mostFields: number) =>
    refusal(() =>
      assertBoundedJson(JobSpecSchema, Buffer.from('{"a":1,"b":{"c":2}}'), { mostFields }),
    );
  // Two containers, two members of 4 and their comma, and a member of 3 inside.
  expect(check(14)).toBeUndefined();
  expect(check(13)).toMatchObject({ reason: "TOO_LARGE" });
});

describe("the caller's own member", () => {
  const check = (
    value: unknown,
    { mostBytes, mostFields = 20 }: { mostBytes: number } & JsonBounds,
  ) => {
    const member = { name: "payload", mostBytes };
    return (text = JSON.stringify({ queue: "documents", payload: value })) =>
      refusal(() => assertBoundedJson(JobSpecSchema, Buffer.from(text), { mostFields, member }));
  };

  test("may have any number of fields if its bytes are within the limit", () => {
    fc.assert(
      fc.property(json, fc.boolean(), (value, spaced) => {
        const mostBytes = Buffer.byteLength(JSON.stringify(value));
        const text = JSON.stringify({ payload: value }, undefined, spaced ? 2 : undefined);
        expect(check(value, { mostBytes })(text)).toBeUndefined();
      }),
    );
  });

  test.each([
    [
      "members",
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`member${index}`, index])),
    ],
    ["elements", Array(1_000).fill("")],
    ["levels", JSON.parse(`${"[".repeat(1_000)}${"]".repeat(1_000)}`)],
  ])("is refused for its %s alone if it has more", (_, value) => {
    const tooLarge = {
      reason: "TOO_LARGE",
      message: "the payload is larger than the limit of 999 bytes",
    };
    expect(check(value, { mostBytes: 999 })()).toMatchObject(tooLarge);
  });

  test("belongs to the whole message, and to no message inside it", () => {
    const text = JSON.stringify({ retry: { payload: Array(10).fill(1) } });
    expect(check(1, { mostBytes: 1_000 })(text)).toMatchObject({
      message: expect.stringContaining("fields"),
    });
  });
});
