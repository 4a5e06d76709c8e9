import { jobNotFound } from "../../callers/own-job.ts";

const PREFIX = "resp_";

/** The id of the response that a job makes. */
export const responseIdOf = (jobId: string): string => PREFIX + jobId;

/** The job of a response. Throws JOB_NOT_FOUND for what is no response's id. */
export function jobIdOfResponse(responseId: string): string {
  if (!responseId.startsWith(PREFIX)) throw jobNotFound(responseId);
  return responseId.slice(PREFIX.length);
}
