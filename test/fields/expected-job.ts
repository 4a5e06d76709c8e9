/** Describes how a job must look to its caller, from the submitted spec and from what happened to it. */
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { JobSpec } from "@millrace/proto/job";
import { JobState } from "@millrace/proto/job";
import { systemClock as clock } from "@millrace/shared";
import { type Expected, Wanted } from "./ledger.ts";

const began = clock.nowMs();
/** Schedulers use Redis's time, which they know the less well the busier the machine is. */
const SKEW_MS = 10_000;

/** A time that was taken while this test ran. */
export const lately = new Wanted("a time since this test began", (value) => {
  const ms = timestampMs(value as Timestamp);
  return ms >= began - SKEW_MS && ms <= clock.nowMs() + SKEW_MS;
});

export const about = (expectedMs: number) =>
  new Wanted(`a time around ${new Date(expectedMs).toISOString()}`, (value) => {
    return Math.abs(timestampMs(value as Timestamp) - expectedMs) < 60_000;
  });

export const anyText = new Wanted("a text", (value) => typeof value === "string" && value !== "");

export const someList = new Wanted("a list", (value) => Array.isArray(value) && value.length > 0);

/** Returns the expected job: as submitted, and with what happened to it since. */
export const expectedJob = (id: string, spec: JobSpec, outcome: Expected): Expected => ({
  id,
  state: JobState.QUEUED,
  queue: spec.queue,
  type: spec.type,
  priority: spec.priority,
  maxAttempts: spec.retry?.maxAttempts,
  payloadJson: spec.payload.case === "payloadJson" ? spec.payload.value : "",
  documentIds: spec.documentIds,
  labels: spec.labels,
  idempotencyKey: spec.idempotencyKey,
  pool: spec.pool,
  model: spec.model,
  estimatedTokens: spec.estimatedTokens,
  submitTime: lately,
  runAt: spec.runAt,
  expiresAt: spec.expiresAt,
  deadline: spec.deadline,
  groupId: spec.groupId,
  traceId: spec.traceparent.split("-")[1] ?? "",
  callback: spec.callback,
  ...outcome,
});
