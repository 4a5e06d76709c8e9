import { type CallContext, rpcError } from "@millrace/runtime";
import { parseJobId } from "@millrace/shared";
import type { Caller } from "./caller.ts";

export const jobNotFound = (jobId: string) =>
  rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${jobId}` });

/** Throws JOB_NOT_FOUND for another key's job: whose it is stands in its id, so nothing is asked. */
export function assertOwnJob(
  jobId: string,
  { identity, concerns }: Pick<CallContext<Caller>, "identity" | "concerns">,
): void {
  const parts = parseJobId(jobId);
  // What is no id may be anything, and is the caller's alone.
  if (parts !== undefined) concerns(jobId);
  if (parts?.keyId !== identity.keyId) throw jobNotFound(jobId);
}
