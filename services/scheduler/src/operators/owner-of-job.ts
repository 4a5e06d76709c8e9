import { parseJobId } from "@millrace/shared";

/** The key id in a job's id; "" if the id is malformed, which is nobody's. */
export const ownerOf = (jobId: string): string => parseJobId(jobId)?.keyId ?? "";
