import { create } from "@bufbuild/protobuf";
import type { CancelOutcome, JobRecord } from "@millrace/engine";
import { CancelRequestSchema } from "@millrace/proto/scheduler-service";
import { defaultBackoff, type JobId, type JobState } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
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

const cancelled = { kind: "cancelled", job: { jobId: id, type: "summarize" } } as const;

function setup(outcome: CancelOutcome, state: JobState = "CANCELLED") {
  const asked: string[] = [];
  const reported: string[] = [];
  const handler = cancel(
    {
      cancel: async (jobId) => {
        asked.push(jobId);
        return outcome;
      },
      getJobs: async () => [{ ...job, state }],
      clock: new ManualClock(),
    },
    { ended: ({ jobId, type }, state) => void reported.push(`${jobId} ${type} ${state}`) },
  );
  const { signal } = new AbortController();
  const context = {
    headers: { get: () => undefined },
    signal,
    leaving: signal,
    draining: signal,
    peer: "",
    path: "",
    identity: undefined,
    concerns: () => undefined,
  };
  const call = async (keyId = "k7f3q2m9") =>
    handler(create(CancelRequestSchema, { keyId, cancel: { jobId: id } }), context);
  return { asked, reported, call };
}

test("returns a waiting job in its state after the cancel", async () => {
  const { reported, call } = setup(cancelled);
  expect(await call()).toMatchObject({ job: { id } });
  expect(reported).toEqual([`${id} summarize CANCELLED`]);
});

test("succeeds for a cancelled job, and not for a job that ended otherwise", async () => {
  const { reported, call } = setup({ kind: "alreadyFinal", state: "CANCELLED" });
  expect(await call()).toMatchObject({ job: { id } });
  expect(reported).toEqual([]);
  const succeeded = setup({ kind: "alreadyFinal", state: "SUCCEEDED" });
  await expect(succeeded.call()).rejects.toMatchObject({ reason: "ILLEGAL_TRANSITION" });
});

test("reports how a job ended that finished before its worker received the cancel", async () => {
  const running = setup({ kind: "requested", workerId: "w" }, "RUNNING");
  expect(await running.call()).toMatchObject({ job: { id } });
  const requested = setup({ kind: "requested", workerId: "w" }, "CANCELLED");
  expect(await requested.call()).toMatchObject({ job: { id } });
  const ended = setup({ kind: "requested", workerId: "w" }, "SUCCEEDED");
  await expect(ended.call()).rejects.toMatchObject({
    reason: "ILLEGAL_TRANSITION",
    metadata: { state: "SUCCEEDED" },
  });
});

test("does not find another key's job, and leaves it alone", async () => {
  const { asked, call } = setup(cancelled);
  await expect(call("other123")).rejects.toMatchObject({ reason: "JOB_NOT_FOUND" });
  expect(asked).toEqual([]);
});
