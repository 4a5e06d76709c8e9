import type { GroupId, JobId } from "@millrace/shared";
import { asList, asText } from "../redis/reply.ts";
import type { EndedJob, OtherEnd, OtherEnds } from "./contract.ts";

/** What a concept of the engine needs if its scripts may end more than the jobs that their replies name. */
export interface OtherEndsParts {
  readonly onOtherEnds: (ends: OtherEnds) => void;
}

/** Reads what ends.report returns. */
export function otherEnds(reply: unknown): OtherEnds {
  const [jobs, groups] = asList(reply);
  return {
    jobs: inRows(jobs, 4).map(([jobId, state, type, traceparent]) => ({
      ...endedJob(jobId, type, traceparent),
      state: asText(state) as OtherEnd["state"],
    })),
    groups: inRows(groups, 2).map(([id, state]) => ({
      id: asText(id) as GroupId,
      state: asText(state) as OtherEnds["groups"][number]["state"],
    })),
  };
}

function inRows(reply: unknown, width: number): (readonly unknown[])[] {
  const flat = asList(reply);
  const rows: (readonly unknown[])[] = [];
  for (let at = 0; at < flat.length; at += width) rows.push(flat.slice(at, at + width));
  return rows;
}

export const endedJob = (jobId: unknown, type: unknown, traceparent: unknown): EndedJob => ({
  jobId: asText(jobId) as JobId,
  type: asText(type),
  ...(traceparent === "" ? {} : { traceparent: asText(traceparent) }),
});
