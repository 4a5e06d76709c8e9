import { defaultBackoff, type JobId } from "@millrace/shared";
import { expect, onTestFinished, test, vi } from "vitest";
import type { JobSpec } from "./contract.ts";
import { bullOptions, jobRecord, storedSpec } from "./job-record.ts";

const least: JobSpec = {
  id: "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId,
  type: "summarize",
  payloadJson: '{"a":1}',
  priority: 50,
  maxAttempts: 5,
  backoff: defaultBackoff,
  labels: {},
  submittedAtMs: 1_764_000_000_000,
};

/** Every field except formerContentHash and refusedIfPast, which act at the submission and are not stored, those of groups, which are fields of their own, and the run, which only the submission needs. */
const most: Required<
  Omit<JobSpec, "formerContentHash" | "refusedIfPast" | "group" | "finalizes" | "run">
> = {
  ...least,
  backoff: { initialMs: 1, maxMs: 2, factor: 3, jitter: 0 },
  runAtMs: 1,
  expiresAtMs: 2,
  deadlineMs: 3,
  idempotencyKey: "a:b c",
  idempotencyWindowMs: 0,
  contentHash: "h",
  pool: "openai/gpt-5",
  model: "gpt-5",
  estimatedTokens: 0,
  labels: { team: "x", constructor: "y" },
  traceparent: "00-a-b-01",
  details: '{"documentIds":["doc_1"],"tracestate":"v=1"}',
  retentionMs: 0,
  deduplication: { key: "d", mode: "debounce", windowMs: 5 },
  redrivenFrom: "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1C" as JobId,
  callback: "result",
};

test.each([
  ["the least that a job has", least],
  ["all that a job may have", most],
])("%s is read as it was submitted", (_, job) => {
  const record = jobRecord(job.id, "QUEUED", { spec: storedSpec(job), data: job.payloadJson });
  expect(record).toEqual({
    ...job,
    ...{ state: "QUEUED", attempt: 0, createdAtMs: job.submittedAtMs },
    ...{ cancelRequested: false, output: { nextOffset: 0 }, stalls: 0, bounces: 0 },
  });
});

test.each([
  ["a list of an earlier version", [1, 2, 3, 0], { initialMs: 1, maxMs: 2, factor: 3, jitter: 0 }],
  ["the members that are not the defaults", { maxMs: 2 }, { ...defaultBackoff, maxMs: 2 }],
])("a backoff is read from %s", (_, b, backoff) => {
  const spec = JSON.stringify({ t: "echo", p: 1, a: 1, s: 1, b });
  expect(jobRecord(least.id, "QUEUED", { spec }).backoff).toEqual(backoff);
});

test("the number of a running attempt is one above the spent attempts", () => {
  const stored = { spec: storedSpec(least), atm: "2" };
  expect(jobRecord(least.id, "RUNNING", stored).attempt).toBe(3);
  expect(jobRecord(least.id, "FAILED", stored).attempt).toBe(2);
});

test("a job that succeeded shows no failure of earlier attempts", () => {
  const stored = {
    ...{ spec: storedSpec(least), returnvalue: "1", failedReason: "no" },
    fail: '{"reason":"NO","message":"no","retryable":true}',
  };
  expect(jobRecord(least.id, "SUCCEEDED", stored)).not.toHaveProperty("failure");
  expect(jobRecord(least.id, "QUEUED", stored).failure?.reason).toBe("NO");
  expect(jobRecord(least.id, "QUEUED", stored)).not.toHaveProperty("resultJson");
});

test("a job that BullMQ itself added is read from BullMQ's fields", () => {
  const stored = {
    ...{ spec: null, name: "t", timestamp: "7", priority: "3" },
    ...{ opts: '{"attempts":4}', data: "{}", failedReason: "boom" },
  };
  expect(jobRecord(least.id, "FAILED", stored)).toMatchObject({
    ...{ type: "t", submittedAtMs: 7, priority: 3, maxAttempts: 4, payloadJson: "{}" },
    failure: { reason: "FAILED", message: "boom", retryable: false },
  });
});

test("BullMQ's options are JSON", () => {
  expect(JSON.parse(bullOptions(most))).toEqual({
    attempts: 5,
    priority: 50,
    backoff: { type: "exponential", delay: 1 },
  });
});

test("only the spec of a job without a failure is parsed, because parsing an absent text would throw each time", () => {
  const spec = storedSpec(least);
  const parse = vi.spyOn(JSON, "parse");
  onTestFinished(() => parse.mockRestore());
  const record = jobRecord(least.id, "RUNNING", { spec, fail: null, failedReason: null });
  expect(record.failure).toBeUndefined();
  expect(parse.mock.calls.map(([text]) => text)).toEqual([spec]);
});

test("a job that an earlier version stored with members for its documents has them in its details", () => {
  const spec = JSON.stringify({ t: "echo", p: 1, a: 1, s: 1, d: ["doc_1"], ts: "vendor=1" });
  const { details } = jobRecord("q~aaaa~01" as JobId, "QUEUED", { spec });
  expect(JSON.parse(details ?? "")).toEqual({ documentIds: ["doc_1"], tracestate: "vendor=1" });
});
