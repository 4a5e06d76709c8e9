import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SubmitOutcome } from "@millrace/engine";
import type { SubmitResultSchema } from "@millrace/proto/job-service";
import { type RpcErrorInit, rpcError, toRpcStatus } from "@millrace/runtime";
import type { JobId } from "@millrace/shared";

/** How long a caller whose queue is full should wait before it submits again. */
const DEPTH_RETRY_MS = 1_000;

/** How long a caller should wait who was refused because Redis has little memory left. */
const FULL_RETRY_MS = 5_000;

/** And one whose key stores too much: what makes room is retention. */
const BYTES_RETRY_MS = 30_000;

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
        message: `${outcome.depth} jobs of this API key wait in the queue; the limit is ${outcome.limit}`,
        retryDelayMs: DEPTH_RETRY_MS,
      });
    case "invalid":
      return refusedResult({
        reason: "MALFORMED",
        message: `${outcome.argument}: cannot be stored as it is; submit the job with another value`,
      });
    case "storedBytesFull":
      return refusedResult({
        reason: "STORED_BYTES_FULL",
        message:
          `jobs of this API key take ${outcome.stored} bytes in the queue, and this one ${outcome.bytes}: ` +
          `the limit (max_stored_bytes) is ${outcome.limit}. Finished jobs count until their retention ends`,
        metadata: { limit: String(outcome.limit), stored: String(outcome.stored) },
        retryDelayMs: BYTES_RETRY_MS,
      });
    case "priorityNotAllowed":
      return refusedResult({
        reason: "PRIORITY_NOT_ALLOWED",
        message:
          `priority ${outcome.priority} is more urgent than this API key may use: ` +
          `${outcome.limit} is the most urgent (max_priority)`,
        metadata: {
          field: "priority",
          value: String(outcome.priority),
          limit: String(outcome.limit),
        },
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
