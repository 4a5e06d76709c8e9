import { rpcError } from "@millrace/runtime";
import { type KeyId, parseJobId } from "@millrace/shared";

export const jobNotFound = (jobId: string) =>
  rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${jobId}` });

/** Throws JOB_NOT_FOUND for another key's job: whose it is stands in its id, so nothing is asked. */
export function assertOwnJob(jobId: string, keyId: KeyId): void {
  if (parseJobId(jobId)?.keyId !== keyId) throw jobNotFound(jobId);
}
