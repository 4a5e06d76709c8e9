import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Job, JobSchema, type JobSpec, JobState } from "@millrace/proto/job";
import {
  CancelJobRequestSchema,
  SubmitJobRequestSchema,
  SubmitJobResponseSchema,
} from "@millrace/proto/job-service";
import { type CallContext, rpcError } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { cancelJob } from "../../handlers/cancel-job.ts";
import { submitJob } from "../../handlers/submit-job.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { OpenAiFault } from "../openai-fault.ts";
import { errorOfJob } from "./job-error.ts";

export type Context = CallContext<Caller>;

const never = new AbortController().signal;

/** Submits a job by the handler of SubmitJob. */
export async function submitted(parts: GatewayParts, job: JobSpec, context: Context): Promise<Job> {
  const request = create(SubmitJobRequestSchema, { job });
  const reply = create(SubmitJobResponseSchema, await submitJob(parts)(request, context));
  return create(JobSchema, reply.job);
}

/**
 * Submits a job whose caller is to read a stream of it. If the caller has left meanwhile, nobody would begin that stream, so the
 * job is cancelled here.
 */
export async function submittedToStream(
  parts: GatewayParts,
  spec: JobSpec,
  context: Context,
): Promise<Job> {
  // The limit is checked first: a refused call must not have submitted its job.
  parts.streams.check(context.identity.keyId);
  const job = await submitted(parts, spec, context);
  if (!context.signal.aborted) return job;
  await abandon(parts, spec, job.id, context);
  throw context.signal.reason;
}

/**
 * Whether a job outlives the call that submitted it. An idempotency key says that the caller will come back with the same
 * call, which then joins the job.
 */
const outlives = ({ idempotencyKey }: JobSpec): boolean => idempotencyKey !== "";

/** Cancels the job of a call whose caller has left, unless another call can still join it. */
export async function abandon(
  parts: GatewayParts,
  spec: JobSpec,
  jobId: string,
  context: Context,
): Promise<void> {
  if (!outlives(spec)) await cancelled(parts, jobId, "its caller has left", context);
}

/** Cancels a job, also for a caller who has left already. */
export async function cancelled(
  parts: GatewayParts,
  jobId: string,
  reason: string,
  context: Context,
): Promise<void> {
  const request = create(CancelJobRequestSchema, { jobId, reason });
  // A job that has ended meanwhile cannot be cancelled. After any other error it runs to its end.
  await Promise.resolve(cancelJob(parts)(request, { ...context, signal: never })).catch(
    () => undefined,
  );
}

const waitOver = (jobId: string, waitMs: number, joins: boolean) =>
  rpcError({
    reason: "SYNC_WAIT_OVER",
    message:
      `the call has waited ${waitMs} ms, and its job ${jobId} goes on: ` +
      (joins
        ? "repeat the call with the same idempotency key, which joins the job"
        : "wait for it at GET /v1/jobs/{id}?wait=60, or send X-Millrace-Idempotency-Key, with which a repeated call joins its job"),
    metadata: { job_id: jobId },
    ...(joins ? { retryDelayMs: 1_000 } : {}),
  });

const stopping = () =>
  rpcError({
    reason: "DRAINING",
    message: "the gateway is stopping: try again",
    retryDelayMs: 1_000,
  });

/**
 * Submits a job and waits for its result, for at most `waitMs`. If the caller leaves, or this gateway stops, the job is
 * cancelled, unless it outlives the call. Throws the job's error.
 */
export async function finishedJob(
  parts: GatewayParts,
  spec: JobSpec,
  context: Context,
  waitMs: number,
): Promise<Job> {
  let jobId: string | undefined;
  const concerns: Context["concerns"] = (id, what) => {
    if (what === undefined) jobId = id;
    context.concerns(id, what);
  };
  const request = create(SubmitJobRequestSchema, { job: spec, wait: durationFromMs(waitMs) });
  try {
    const reply = await submitJob(parts)(request, { ...context, concerns });
    const job = create(JobSchema, reply.job);
    if (job.state === JobState.SUCCEEDED) return job;
    if (hasFinished(job)) throw new OpenAiFault(errorOfJob(job));
    if (context.draining.aborted) throw stopping();
    if (!context.signal.aborted) throw waitOver(job.id, waitMs, outlives(spec));
    throw context.signal.reason;
  } catch (error) {
    const left = context.signal.aborted || context.draining.aborted;
    if (left && jobId !== undefined) await abandon(parts, spec, jobId, context);
    throw error;
  }
}
