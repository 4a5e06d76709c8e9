import { type CallContext, rpcError } from "@millrace/runtime";
import { parseJobId } from "@millrace/shared";
import type { Caller } from "./caller.ts";

export const jobNotFound = (jobId: string) =>
  rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${jobId}` });

/**
 * Throws JOB_NOT_FOUND for the job of another key, and for each job but its own to a caller with a job token. A job's id
 * contains its key id, so this asks no scheduler.
 */
export function assertOwnJob(
  jobId: string,
  { identity, concerns }: Pick<CallContext<Caller>, "identity" | "concerns">,
): void {
  const parts = parseJobId(jobId);
  // Text that is not a job id may be anything, so it must not reach the access log.
  if (parts !== undefined) concerns(jobId);
  const { keyId, jobToken } = identity;
  if (parts?.keyId !== keyId || (jobToken?.jobId ?? jobId) !== jobId) throw jobNotFound(jobId);
}
