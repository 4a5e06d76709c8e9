import { create } from "@bufbuild/protobuf";
import { type JobSpec, JobSpecSchema } from "@millrace/proto/job";
import { jobBytes } from "@millrace/shared";
import { context, propagation } from "@opentelemetry/api";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import type { NewChild } from "./group.ts";
import { type NewJob, specOf } from "./job.ts";
import { cancelledError } from "./millrace-error.ts";
import type { Submission, SubmitOutcome, Submitted } from "./submit-stream.ts";

/** An upper estimate of a job's size in a message. */
export const specBytes = ({ payload, labels, idempotencyKey }: JobSpec): number =>
  jobBytes(labels, idempotencyKey, payload.case === "payloadJson" ? payload.value : undefined);

/** Each job may belong to a trace of its own. */
function tracedSpecOf(job: NewJob): JobSpec {
  const spec = create(JobSpecSchema, specOf(job));
  if (spec.traceparent === "") propagation.inject(context.active(), spec);
  return spec;
}

/** A child that is submitted with the call that creates its group. */
export const childSpecOf = (job: NewChild, queue: string): JobSpec =>
  tracedSpecOf({ ...job, queue });

/** Makes a submission of a job. Its answer, its deadline or its signal settles it once, whichever comes first. */
export function submissionOf(
  job: NewJob,
  connection: Connection,
  call: CallOptions,
  onSettled: (outcome: SubmitOutcome) => void,
): Submission {
  const { signal } = call;
  const spec = tracedSpecOf(job);
  let settled = false;
  const settle = (outcome: SubmitOutcome) => {
    if (settled) return;
    settled = true;
    signal?.removeEventListener("abort", onAbort);
    onSettled(outcome);
  };
  const onAbort = () => {
    if (signal !== undefined) settle({ kind: "failed", error: cancelledError(signal) });
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    spec,
    bytes: specBytes(spec),
    untilMs: connection.deadlineAtMs(call),
    settle,
    get settled() {
      return settled;
    },
  };
}

export function accepted(outcome: SubmitOutcome): Submitted {
  if (outcome.kind === "failed") throw outcome.error;
  return { jobId: outcome.jobId, existing: outcome.existing };
}
