import { type BatchPayload, type BatchResult, batchEndMs, batchPayload } from "@millrace/job-types";
import { type Group, GroupState } from "@millrace/proto/group";
import { type Job, JobState } from "@millrace/proto/job";
import { timeMs } from "@millrace/runtime";
import { BATCH_ID_PREFIX, batchIdOf } from "@millrace/shared";
import { jobNotFound } from "../../callers/own-job.ts";
import type { JsonObject } from "../jobs/read-call.ts";

/** The job of a batch. Throws JOB_NOT_FOUND for what is no batch's id. */
export function jobIdOfBatch(batchId: string): string {
  if (!batchId.startsWith(BATCH_ID_PREFIX)) throw jobNotFound(batchId);
  return batchId.slice(BATCH_ID_PREFIX.length);
}

type Status =
  | BatchResult["status"]
  | "validating"
  | "in_progress"
  | "finalizing"
  | "cancelling"
  | "cancelled";

const secondsOf = (time: Job["submitTime"]): number | null =>
  time === undefined ? null : Math.floor(timeMs(time) / 1_000);

/** The status of a batch, from the states of its job and of the group of its lines. */
export function statusOf(
  { state, cancelRequested }: Pick<Job, "state" | "cancelRequested">,
  group: Pick<Group, "state" | "cancelReason"> | undefined,
  result: Pick<BatchResult, "status"> | undefined,
): Status {
  switch (state) {
    case JobState.SUCCEEDED:
      return result?.status ?? "completed";
    case JobState.FAILED:
      return "failed";
    case JobState.CANCELLED:
      return "cancelled";
    case JobState.EXPIRED:
      return "expired";
  }
  if (cancelRequested || (group !== undefined && group.cancelReason !== "")) return "cancelling";
  if (group === undefined) return "validating";
  const isOpen = group.state === GroupState.OPEN || group.state === GroupState.RUNNING;
  return isOpen ? "in_progress" : "finalizing";
}

function countsOf(group: Group | undefined): BatchResult["request_counts"] {
  const { total = 0, succeeded = 0, failed = 0, removed = 0 } = group?.progress ?? {};
  return { total, completed: succeeded, failed: failed + removed };
}

/** The time of the end, under the name that it has for this status. */
const endOf = (status: Status, job: Job): JsonObject =>
  job.finishTime === undefined ? {} : { [`${status}_at`]: secondsOf(job.finishTime) };

function errorsOf({ failure }: Job, status: Status, result: BatchResult | undefined) {
  if (result?.errors !== undefined) return { object: "list", data: result.errors };
  if (status !== "failed" || failure === undefined) return null;
  const { reason, message } = failure;
  const error = { code: reason.toLowerCase(), message, param: null, line: null };
  return { object: "list", data: [error] };
}

const payloadOf = ({ payloadJson }: Job): BatchPayload | undefined => {
  const parsed = batchPayload.safeParse(payloadJson === "" ? undefined : JSON.parse(payloadJson));
  return parsed.data;
};

/** A job as a batch. `group` is that of its lines, if they are being added or have been. */
export function batchObject(job: Job, group: Group | undefined): JsonObject & { id: string } {
  const payload = payloadOf(job);
  const result =
    job.resultJson === "" ? undefined : (JSON.parse(job.resultJson) as BatchResult | undefined);
  const status = statusOf(job, group, result);
  return {
    id: batchIdOf(job.id),
    object: "batch",
    endpoint: payload?.endpoint ?? null,
    input_file_id: payload?.input_file_id ?? job.documentIds[0] ?? null,
    completion_window: payload?.completion_window ?? null,
    status,
    errors: errorsOf(job, status, result),
    output_file_id: result?.output_file_id ?? null,
    error_file_id: result?.error_file_id ?? null,
    created_at: secondsOf(job.submitTime),
    ...{ in_progress_at: null, finalizing_at: null, completed_at: null, failed_at: null },
    ...{ expired_at: null, cancelling_at: null, cancelled_at: null },
    ...(group === undefined ? {} : { in_progress_at: secondsOf(group.createTime) }),
    ...(group?.finishTime === undefined ? {} : { finalizing_at: secondsOf(group.finishTime) }),
    ...endOf(status, job),
    expires_at: payload === undefined ? null : Math.floor(batchEndMs(payload, job.id) / 1_000),
    request_counts: result?.request_counts ?? countsOf(group),
    ...(result?.usage === undefined ? {} : { usage: result.usage }),
    // Only Millrace has it. The SDKs pass fields on that they do not know.
    ...(result?.cost === undefined ? {} : { millrace: result.cost }),
    metadata: payload?.metadata ?? {},
  };
}
