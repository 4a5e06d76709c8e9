import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SubmitOutcome } from "@millrace/engine";
import type { SubmitResultSchema } from "@millrace/proto/job-service";
import { type RpcErrorInit, rpcError, toRpcStatus } from "@millrace/runtime";
import type { JobId } from "@millrace/shared";

/** How long a caller whose queue is full should wait before it submits again. */
const DEPTH_RETRY_MS = 1_000;

/** How long a caller should wait who was refused because Redis has little memory left. */
const FULL_RETRY_MS = 5_000;

/** What the engine made of a submission, or that it was not asked. */
export type SubmissionOutcome = SubmitOutcome | { readonly kind: "storeFull" };

type Result = MessageInitShape<typeof SubmitResultSchema>;

/** What became of one submitted job, as its caller sees it. */
export function submitResult(id: JobId, outcome: SubmissionOutcome): Result {
  switch (outcome.kind) {
    case "accepted":
      return { result: { case: "jobId", value: id } };
    case "existing":
      return { result: { case: "jobId", value: outcome.jobId }, existing: true };
    case "conflict":
      return refusedResult({
        reason: "IDEMPOTENCY_CONFLICT",
        message: "the idempotency key belongs to a job with other content",
        metadata: { job_id: outcome.jobId },
      });
    case "depthFull":
      return refusedResult({
        reason: "DEPTH_FULL",
        message: `${outcome.depth} jobs are queued; the limit is ${outcome.limit}`,
        retryDelayMs: DEPTH_RETRY_MS,
      });
    case "invalid":
      return refusedResult({
        reason: "MALFORMED",
        message: `${outcome.argument}: cannot be stored as it is; submit the job with another value`,
      });
    case "storeFull":
      return refusedResult({
        reason: "STORE_FULL",
        message: "the store has little memory left, which is kept for jobs that are there",
        retryDelayMs: FULL_RETRY_MS,
      });
    case "unknownQueue":
      return refusedResult({ reason: "QUEUE_NOT_FOUND", message: "no such queue" });
    case "unknownType":
      return refusedResult({
        reason: "UNKNOWN_JOB_TYPE",
        message: "the queue does not take jobs of this type",
      });
  }
}

export const refusedResult = (error: RpcErrorInit): Result => ({
  result: { case: "error", value: toRpcStatus(rpcError(error)) },
});
