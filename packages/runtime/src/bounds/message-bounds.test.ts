import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  ListJobsRequestSchema,
  SubmitJobRequestSchema,
  SubmitJobsRequestSchema,
  SubmitStreamRequestSchema,
} from "@millrace/proto/job-service";
import { SubmitRequestSchema } from "@millrace/proto/scheduler-service";
import { WorkRequestSchema } from "@millrace/proto/worker-service";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestGroup } from "../../test/largest-group.ts";
import { assertBounded } from "./message-bounds.ts";

type Job = NonNullable<MessageInitShape<typeof SubmitJobRequestSchema>["job"]>;

const submitJob = (job: Job) =>
  toBinary(
    SubmitJobRequestSchema,
    create(SubmitJobRequestSchema, { job: { queue: "documents", type: "echo", ...job } }),
  );
const submitJobs = (count: number, job: Job = {}) =>
  toBinary(
    SubmitJobsRequestSchema,
    create(SubmitJobsRequestSchema, { jobs: Array.from({ length: count }, () => job) }),
  );
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label${index}`, "x"]));
const struct = (value: unknown): Job => ({
  payload: { case: "payloadStruct", value: { a: value as never } },
});
const nested = (levels: number) => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

function refusal(check: () => void): unknown {
  try {
    check();
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each([
  ["jobs", SubmitJobsRequestSchema, submitJobs(1_000), submitJobs(1_001)],
  [
    "job.document_ids",
    SubmitJobRequestSchema,
    submitJob({ documentIds: Array(16).fill("") }),
    submitJob({ documentIds: Array(17).fill("") }),
  ],
  [
    "job.labels",
    SubmitJobRequestSchema,
    submitJob({ labels: labels(16) }),
    submitJob({ labels: labels(17) }),
  ],
  [
    "states",
    ListJobsRequestSchema,
    toBinary(ListJobsRequestSchema, create(ListJobsRequestSchema, { states: Array(8).fill(1) })),
    toBinary(ListJobsRequestSchema, create(ListJobsRequestSchema, { states: Array(9).fill(1) })),
  ],
  [
    "notify_job_ids",
    SubmitStreamRequestSchema,
    toBinary(
      SubmitStreamRequestSchema,
      create(SubmitStreamRequestSchema, { notifyJobIds: Array(1_000).fill("") }),
    ),
    toBinary(
      SubmitStreamRequestSchema,
      create(SubmitStreamRequestSchema, { notifyJobIds: Array(1_001).fill("") }),
    ),
  ],
  ["hello.queues", WorkRequestSchema, hello(64), hello(65)],
])(
  "accepts as many entries of %s as the contract allows, and not one more",
  (field, desc, full, over) => {
    expect(refusal(() => assertBounded(desc, full))).toBeUndefined();
    expect(refusal(() => assertBounded(desc, over))).toMatchObject({
      reason: "MALFORMED",
      violations: [{ field }],
    });
  },
);

function hello(queues: number): Uint8Array {
  const value = { queues: Array.from({ length: queues }, (_, at) => `queue-${at}`) };
  return toBinary(
    WorkRequestSchema,
    create(WorkRequestSchema, { message: { case: "hello", value } }),
  );
}

test("leaves the output of an attempt for later, so that only its job fails", () => {
  const chunk = { content: { case: "text" as const, value: "x" } };
  const attempt = { chunks: Array.from({ length: 1_001 }, () => chunk) };
  const message = { case: "output" as const, value: { attempts: [{}, attempt] } };
  const bytes = toBinary(WorkRequestSchema, create(WorkRequestSchema, { message }));
  expect(refusal(() => assertBounded(WorkRequestSchema, bytes))).toBeUndefined();
});

test("refuses no other job for one that is refused by itself, and leaves their own rules for later", () => {
  const bytes = submitJobs(2, { labels: labels(17) });
  expect(refusal(() => assertBounded(SubmitJobsRequestSchema, bytes))).toBeUndefined();
});

test.each([
  ["labels", (count: number) => ({ labels: labels(count) })],
  ["document_ids", (count: number) => ({ documentIds: Array(count).fill("") })],
])(
  "limits the %s of all jobs that are refused one by one",
  (field, spec: (count: number) => Job) => {
    const jobs = (...counts: number[]) => ({ jobs: counts.map(spec) });
    const check = (init: MessageInitShape<typeof SubmitJobsRequestSchema>) =>
      refusal(() =>
        assertBounded(
          SubmitJobsRequestSchema,
          toBinary(SubmitJobsRequestSchema, create(SubmitJobsRequestSchema, init)),
        ),
      );
    expect(check(jobs(15_999, 1))).toBeUndefined();
    expect(check(jobs(15_999, 2))).toMatchObject({
      reason: "MALFORMED",
      violations: [
        { field: `jobs[1].${field}`, description: "must be no more than 16000 in total" },
      ],
    });
  },
);

test("accepts the largest group of jobs that the contract allows", () => {
  assertBounded(SubmitJobsRequestSchema, toBinary(SubmitJobsRequestSchema, largestGroup()));
});

test("accepts as many fields in total as the limit, and not one more", () => {
  // job, queue, type, payload_struct, fields (twice), key, value, list_value: 9 besides the elements, with 2 fields each.
  const list = (elements: number) => submitJob(struct(Array(elements).fill(null)));
  expect(refusal(() => assertBounded(SubmitJobRequestSchema, list(10), 29))).toBeUndefined();
  expect(refusal(() => assertBounded(SubmitJobRequestSchema, list(10), 28))).toMatchObject({
    reason: "TOO_LARGE",
    violations: [{ field: "job.payload_struct" }],
  });
});

test("accepts messages nested as deep as the decoder accepts them, and no deeper", () => {
  const deepest = Array.from({ length: 60 }, (_, levels) => submitJob(struct(nested(levels))));
  const outcomes = deepest.map((bytes) => [
    refusal(() => assertBounded(SubmitJobRequestSchema, bytes)) === undefined,
    refusal(() => fromBinary(SubmitJobRequestSchema, bytes)) === undefined,
  ]);
  expect(outcomes.filter(([bounded, decoded]) => bounded !== decoded)).toEqual([]);
  expect(outcomes.some(([bounded]) => bounded)).toBe(true);
  const over = refusal(() => assertBounded(SubmitJobRequestSchema, deepest[59] as Uint8Array));
  expect(over).toMatchObject({
    reason: "MALFORMED",
    violations: [{ field: "job.payload_struct" }],
  });
});

describe("what the decoder reads in its own way", () => {
  const malformed = (bytes: Uint8Array) =>
    expect(refusal(() => assertBounded(SubmitJobRequestSchema, bytes))).toMatchObject({
      reason: "MALFORMED",
    });

  test("refuses a field of another wire type than its own", () =>
    malformed(
      new BinaryWriter().tag(1, WireType.Varint).uint32(3).raw(new Uint8Array(3)).finish(),
    ));

  test("refuses a message that ends beyond the message that contains it", () =>
    malformed(Uint8Array.of(0x0a, 0x02, 0x0a, 0x7f, ...new Uint8Array(127))));

  test("refuses a length of more than 32 bits", () =>
    malformed(Uint8Array.of(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10)));

  test("refuses an end of a group that has not begun", () => malformed(Uint8Array.of(0x0c)));

  test("counts fields that the contract does not know, in groups too", () => {
    const unknown = Uint8Array.of(0xf8, 0x01, 0x00);
    const group = Uint8Array.of(0xf3, 0x01, ...unknown, ...unknown, 0xf4, 0x01);
    expect(refusal(() => assertBounded(SubmitJobRequestSchema, group, 4))).toBeUndefined();
    expect(refusal(() => assertBounded(SubmitJobRequestSchema, group, 3))).toMatchObject({
      reason: "TOO_LARGE",
    });
  });
});

const json = fc.jsonValue({ maxDepth: 6 });
const anyJob: fc.Arbitrary<Job> = fc.record({
  queue: fc.string({ unit: "grapheme" }),
  type: fc.string(),
  priority: fc.nat(),
  documentIds: fc.array(fc.string(), { maxLength: 16 }),
  labels: fc.dictionary(fc.string(), fc.string(), { maxKeys: 16 }),
  payload: fc.oneof(
    fc.record({
      case: fc.constant("payloadStruct" as const),
      value: fc.record({ a: json as fc.Arbitrary<never> }),
    }),
    fc.record({ case: fc.constant("payloadJson" as const), value: fc.string() }),
  ),
  deadline: fc.record({ seconds: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), nanos: fc.integer() }),
});

test("accepts every message within the limits, whatever it contains", () => {
  fc.assert(
    fc.property(fc.array(anyJob, { maxLength: 20 }), (specs) => {
      const jobs = specs.map((spec) => ({ id: "x", spec }));
      const bytes = toBinary(SubmitRequestSchema, create(SubmitRequestSchema, { jobs }));
      assertBounded(SubmitRequestSchema, bytes);
    }),
  );
});

/** Counts the messages, message lists and map entries that were built, and the elements of packed lists. */
function built(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 0;
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + 1 + built(item), 0);
  return Object.values(value).reduce((sum: number, item) => sum + 1 + built(item), 0);
}

test("lets the decoder build no more than the counted fields, however the bytes were changed", () => {
  // A field makes a handful of members at most: those of an empty job and of what contains it.
  const perField = 40;
  const bent = fc
    .tuple(anyJob, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([job, changes, cut]) => {
      const bytes = submitJob(job);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
    });
  fc.assert(
    fc.property(bent, (bytes) => {
      const mostFields = 40;
      if (refusal(() => assertBounded(SubmitJobRequestSchema, bytes, mostFields))) return;
      let message: unknown;
      try {
        message = fromBinary(SubmitJobRequestSchema, bytes, { readUnknownFields: false });
      } catch {
        return;
      }
      expect(built(message)).toBeLessThan(perField * mostFields);
    }),
    { numRuns: 2_000 },
  );
});
