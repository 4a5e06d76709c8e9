/** What a job must look like to its caller, told from what was submitted and from what became of it. */
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { JobSpec } from "@millrace/proto/job";
import { JobState } from "@millrace/proto/job";
import { systemClock as clock } from "@millrace/shared";
import { type Expected, Wanted } from "./ledger.ts";

const began = clock.nowMs();

/** A time that somebody took while this test ran. */
export const lately = new Wanted("a time since this test began", (value) => {
  const ms = timestampMs(value as Timestamp);
  // Schedulers go by Redis's time, in whole milliseconds.
  return ms >= began - 1_000 && ms <= clock.nowMs() + 1_000;
});

export const about = (expectedMs: number) =>
  new Wanted(`a time around ${new Date(expectedMs).toISOString()}`, (value) => {
    return Math.abs(timestampMs(value as Timestamp) - expectedMs) < 60_000;
  });

export const anyText = new Wanted("a text", (value) => typeof value === "string" && value !== "");

export const someList = new Wanted("a list", (value) => Array.isArray(value) && value.length > 0);

/** A job as submitted, with what has become of it since. */
export const expectedJob = (id: string, spec: JobSpec, became: Expected): Expected => ({
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
  estimatedTokens: spec.estimatedTokens,
  submitTime: lately,
  runAt: spec.runAt,
  expiresAt: spec.expiresAt,
  deadline: spec.deadline,
  ...became,
});
