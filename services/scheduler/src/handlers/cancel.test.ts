import { create } from "@bufbuild/protobuf";
import type { CancelOutcome, JobRecord } from "@millrace/engine";
import { CancelRequestSchema } from "@millrace/proto/scheduler-service";
import { defaultBackoff, type JobId, type JobState } from "@millrace/shared";
import { expect, test } from "vitest";
import { cancel } from "./cancel.ts";

const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const job: JobRecord = {
  id,
  type: "summarize",
  payloadJson: "{}",
  priority: 50,
  maxAttempts: 5,
  backoff: defaultBackoff,
  labels: {},
  submittedAtMs: 1_000,
  state: "CANCELLED",
  attempt: 0,
  createdAtMs: 1_000,
  cancelRequested: false,
  output: { nextOffset: 0 },
  stalls: 0,
  bounces: 0,
};

function setup(outcome: CancelOutcome, state: JobState = "CANCELLED") {
  const asked: string[] = [];
  const told: string[] = [];
  const handler = cancel(
    {
      cancel: async (jobId) => {
        asked.push(jobId);
        return outcome;
      },
      getJobs: async () => [{ ...job, state }],
    },
    { ended: ({ jobId, type }, state) => void told.push(`${jobId} ${type} ${state}`) },
  );
  const { signal } = new AbortController();
  const context = {
    headers: { get: () => undefined },
    signal,
    draining: signal,
    peer: "",
    path: "",
    identity: undefined,
    concerns: () => undefined,
  };
  const call = async (keyId = "k7f3q2m9") =>
    handler(create(CancelRequestSchema, { keyId, cancel: { jobId: id } }), context);
  return { asked, told, call };
}

test("a waiting job comes back as it is afterwards", async () => {
  const { told, call } = setup({ kind: "cancelled" });
  expect(await call()).toMatchObject({ job: { id } });
  expect(told).toEqual([`${id} summarize CANCELLED`]);
});

test("cancelling again succeeds, and cancelling a job that ended otherwise does not", async () => {
  const { told, call } = setup({ kind: "alreadyFinal", state: "CANCELLED" });
  expect(await call()).toMatchObject({ job: { id } });
  expect(told).toEqual([]);
  const succeeded = setup({ kind: "alreadyFinal", state: "SUCCEEDED" });
  await expect(succeeded.call()).rejects.toMatchObject({ reason: "ILLEGAL_TRANSITION" });
});

test("a job that ran, and ended before its worker was told, says how it ended", async () => {
  const running = setup({ kind: "requested", workerId: "w" }, "RUNNING");
  expect(await running.call()).toMatchObject({ job: { id } });
  const cancelled = setup({ kind: "requested", workerId: "w" }, "CANCELLED");
  expect(await cancelled.call()).toMatchObject({ job: { id } });
  const ended = setup({ kind: "requested", workerId: "w" }, "SUCCEEDED");
  await expect(ended.call()).rejects.toMatchObject({
    reason: "ILLEGAL_TRANSITION",
    metadata: { state: "SUCCEEDED" },
  });
});

test("another key's job is not found, and is left alone", async () => {
  const { asked, call } = setup({ kind: "cancelled" });
  await expect(call("other123")).rejects.toMatchObject({ reason: "JOB_NOT_FOUND" });
  expect(asked).toEqual([]);
});
