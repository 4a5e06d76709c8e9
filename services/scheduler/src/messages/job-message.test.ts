import { create, toJson } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { JobRecord } from "@millrace/engine";
import { JobSchema, JobState } from "@millrace/proto/job";
import { defaultBackoff, type JobId, jobStates } from "@millrace/shared";
import { expect, test } from "vitest";
import { jobMessage } from "./job-message.ts";

const record = (change: Partial<JobRecord> = {}): JobRecord => ({
  id: "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId,
  type: "summarize",
  payloadJson: "{}",
  priority: 50,
  maxAttempts: 5,
  backoff: defaultBackoff,
  labels: {},
  submittedAtMs: 1_000,
  state: "QUEUED",
  attempt: 0,
  createdAtMs: 1_000,
  cancelRequested: false,
  output: { nextOffset: 0 },
  stalls: 0,
  bounces: 0,
  ...change,
});

const message = (change?: Partial<JobRecord>) => create(JobSchema, jobMessage(record(change)));

test("reads the queue from the job's id", () => {
  expect(message().queue).toBe("documents");
});

test("keeps the name of every state", () => {
  for (const state of jobStates) expect(JobState[message({ state }).state]).toBe(state);
});

test("leaves out times, failure and usage of a job that has not run", () => {
  const { startTime, finishTime, runAt, failure, usage } = message();
  expect([startTime, finishTime, runAt, failure, usage]).toEqual(Array(5).fill(undefined));
});

test("answers a stored time that no Timestamp can hold with the nearest one that can", () => {
  const broken = message({
    submittedAtMs: Number.NaN,
    deadlineMs: 253_402_300_800_000,
    expiresAtMs: Number.POSITIVE_INFINITY,
    finishedAtMs: -1e18,
  });
  expect(toJson(JobSchema, broken)).toMatchObject({
    submitTime: "1970-01-01T00:00:00Z",
    deadline: "9999-12-31T23:59:59.999Z",
    expiresAt: "9999-12-31T23:59:59.999Z",
    finishTime: "0001-01-01T00:00:00Z",
  });
});

test("returns times, usage and failure of a finished job as stored", () => {
  const ended = message({
    state: "FAILED",
    startedAtMs: 2_000,
    finishedAtMs: 3_001,
    failure: { reason: "PROVIDER_DOWN", message: "no answer", retryable: true },
    usage: { inputTokens: 7, outputTokens: 8, providerCalls: 9 },
    output: { nextOffset: 4 },
  });
  expect(ended.startTime && timestampMs(ended.startTime)).toBe(2_000);
  expect(ended.finishTime && timestampMs(ended.finishTime)).toBe(3_001);
  expect(ended.failure).toMatchObject({ reason: "PROVIDER_DOWN", retryable: true });
  expect(ended.usage).toMatchObject({ inputTokens: 7n, outputTokens: 8n, providerCalls: 9 });
  expect(ended.outputOffset).toBe(4n);
});
