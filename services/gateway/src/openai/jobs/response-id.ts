import { jobIdOfResponse as jobIdOf } from "@millrace/shared";
import { jobNotFound } from "../../callers/own-job.ts";

/** The job of a response. Throws JOB_NOT_FOUND for what is no response's id. */
export function jobIdOfResponse(responseId: string): string {
  const jobId = jobIdOf(responseId);
  if (jobId === undefined) throw jobNotFound(responseId);
  return jobId;
}
