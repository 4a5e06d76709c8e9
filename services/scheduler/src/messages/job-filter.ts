import type { ListFilter } from "@millrace/engine";
import { JobState as JobStateMessage } from "@millrace/proto/job";
import type { ListJobsRequest } from "@millrace/proto/job-service";
import { rpcError } from "@millrace/runtime";
import { jobStates } from "@millrace/shared";

const DEFAULT_PAGE_SIZE = 50;

/** Which of its jobs a caller wants, and how many at a time. */
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

function labelOf(text: string) {
  const at = text.indexOf("=");
  if (at < 1) throw rpcError({ reason: "MALFORMED", message: "a label is written name=value" });
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}
