import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SubmitOutcome } from "@millrace/engine";
import type { SubmitResultSchema } from "@millrace/proto/job-service";
import { type RpcErrorInit, rpcError, toRpcStatus } from "@millrace/runtime";
import { type GroupId, type JobId, queueOf, type ScheduleId } from "@millrace/shared";

/** The retry delay for a caller whose API key has too many jobs waiting in the queue. */
const DEPTH_RETRY_MS = 1_000;

/** The retry delay for a caller that was refused because Redis has little memory left. */
const FULL_RETRY_MS = 5_000;

/** The retry delay for a caller whose API key stores too many bytes: only the end of a retention makes room. */
const BYTES_RETRY_MS = 30_000;

/** The engine's outcome, or that of a job that the engine was not asked to store. */
export type SubmissionOutcome =
  | SubmitOutcome
  | { readonly kind: "storeFull" }
  | { readonly kind: "callbackRefused"; readonly refusal: RpcErrorInit };

type Result = MessageInitShape<typeof SubmitResultSchema>;

/** The result of one submitted job, as its caller sees it. */
export function submitResult(id: JobId, outcome: SubmissionOutcome): Result {
  if (outcome.kind === "accepted") return { result: { case: "jobId", value: id } };
  if (outcome.kind === "existing") {
    return { result: { case: "jobId", value: outcome.jobId }, existing: true };
  }
  return refusedResult(refusalOf(id, outcome));
}

/** An outcome that refuses a job. */
type Refusal = Exclude<SubmissionOutcome, { readonly kind: "accepted" | "existing" }>;

/** Why a job, or a group with its finalizer, was refused. Undefined if it was not. */
export function refusalOf(id: JobId | GroupId | ScheduleId, outcome: Refusal): RpcErrorInit;
export function refusalOf(
  id: JobId | GroupId | ScheduleId,
  outcome: SubmissionOutcome,
): RpcErrorInit | undefined;
export function refusalOf(
  id: JobId | GroupId | ScheduleId,
  outcome: SubmissionOutcome,
): RpcErrorInit | undefined {
  switch (outcome.kind) {
    case "accepted":
    case "existing":
      return undefined;
    case "conflict":
      return {
        reason: "IDEMPOTENCY_CONFLICT",
        message:
          "the idempotency key belongs to a job with other content: use another key, or submit the same content",
        metadata: { job_id: outcome.jobId },
      };
    case "depthFull":
      return {
        reason: "DEPTH_FULL",
        message: `${outcome.depth} jobs of this API key wait in the queue, and the limit is ${outcome.limit}: submit again later`,
        retryDelayMs: DEPTH_RETRY_MS,
      };
    case "invalid":
      return {
        reason: "MALFORMED",
        message: `${outcome.argument}: the value cannot be stored: submit the job with another value`,
      };
    case "past": {
      const description =
        "is in the past, so the job could only expire: give a later time, or leave it out";
      return {
        reason: "MALFORMED",
        message: `${outcome.time}: ${description}`,
        violations: [{ field: outcome.time, description }],
      };
    }
    case "callbackRefused":
      return outcome.refusal;
    case "storedBytesFull":
      return {
        reason: "STORED_BYTES_FULL",
        message:
          `jobs of this API key take ${outcome.stored} bytes in the queue, and this job would take ${outcome.bytes} more: ` +
          `the limit (max_stored_bytes) is ${outcome.limit}. Finished jobs count until their retention ends`,
        metadata: { limit: String(outcome.limit), stored: String(outcome.stored) },
        retryDelayMs: BYTES_RETRY_MS,
      };
    case "priorityNotAllowed":
      return {
        reason: "PRIORITY_NOT_ALLOWED",
        message:
          `priority ${outcome.priority} is more urgent than this API key may use: ` +
          `the most urgent allowed is ${outcome.limit} (max_priority)`,
        metadata: {
          field: "priority",
          value: String(outcome.priority),
          limit: String(outcome.limit),
        },
      };
    case "storeFull":
      return {
        reason: "STORE_FULL",
        message:
          "the store has little memory left, which is reserved for jobs already stored: submit again later",
        retryDelayMs: FULL_RETRY_MS,
      };
    case "unknownQueue":
      return {
        reason: "QUEUE_NOT_FOUND",
        message: `queue: there is no queue ${queueOf(id)}; check the name, or ask an operator to create it`,
      };
    case "unknownType":
      return {
        reason: "UNKNOWN_JOB_TYPE",
        message:
          "type: the queue accepts no jobs of this type; check the type, or use another queue",
      };
    case "unknownModel":
      return unknownModel("model", outcome.model, outcome.nearest);
    default:
      return groupRefusalOf(outcome);
  }
}

/** `nearest`: similar names, the most similar first. `field` is where the job names the model. */
export function unknownModel(
  field: string,
  model: string,
  nearest: readonly string[],
): RpcErrorInit {
  const hint = nearest.length === 0 ? "" : ` (similar: ${nearest.join(", ")})`;
  return {
    reason: "MODEL_NOT_FOUND",
    message: `${field}: there is no model ${model}${hint}; check the name, or ask an operator to create it`,
    metadata: { model, nearest: nearest.join(",") },
  };
}

/** Why a job could not join its group, or why its run was not submitted. */
function groupRefusalOf(
  outcome: Extract<
    Refusal,
    {
      readonly kind:
        | ("unknownGroup" | "groupClosed" | "groupFull")
        | ("runMoved" | "runSkipped" | "runBuffered" | "runWaits");
    }
  >,
): RpcErrorInit {
  switch (outcome.kind) {
    case "unknownGroup":
      return {
        reason: "GROUP_NOT_FOUND",
        message:
          "group_id: there is no such group of this API key in the job's queue; check the id, or create the group first",
      };
    case "groupClosed":
      return {
        reason: "GROUP_CLOSED",
        message:
          "group_id: the group is closed or has finished, so no more jobs may join it: use another group",
      };
    case "groupFull":
      return {
        reason: "GROUP_FULL",
        message: `group_id: the group has ${outcome.limit} children, the most that a group may have: use another group`,
        metadata: { limit: String(outcome.limit) },
      };
    default:
      return {
        reason: "CHANGED_MEANWHILE",
        message: "the schedule was changed after it was read: call again",
      };
  }
}

export const refusedResult = (error: RpcErrorInit): Result => ({
  result: { case: "error", value: toRpcStatus(rpcError(error)) },
});
