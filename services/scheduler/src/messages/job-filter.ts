import type { ListFilter } from "@millrace/engine";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import type { ListJobsRequest } from "@millrace/proto/job-service";
import { rpcError } from "@millrace/runtime";
import { jobStates } from "@millrace/shared";

const DEFAULT_PAGE_SIZE = 50;

/** Reads which jobs a caller wants, and how many per page. */
export function jobFilterOf(filter: ListJobsRequest): Omit<ListFilter, "keyId" | "queue"> {
  const states = jobStates.filter((state) => filter.states.includes(JobStateMessage[state]));
  return {
    pageSize: filter.pageSize || DEFAULT_PAGE_SIZE,
    ...(states.length === 0 ? {} : { states }),
    ...(filter.type === "" ? {} : { type: filter.type }),
    ...(filter.label === "" ? {} : { label: labelOf(filter.label) }),
    ...(filter.pageToken === "" ? {} : { pageToken: filter.pageToken }),
  };
}

/** Reads `name=value`. Throws MALFORMED. */
export function labelOf(text: string) {
  const separator = text.indexOf("=");
  if (separator < 1) throw rpcError({ reason: "MALFORMED", message: "label: must be name=value" });
  return { name: text.slice(0, separator), value: text.slice(separator + 1) };
}
