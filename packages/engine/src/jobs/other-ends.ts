import type { GroupId } from "@millrace/shared";
import { asList, asText } from "../redis/reply.ts";
import type { OtherEnd, OtherEnds } from "./contract.ts";
import { endedJob } from "./ended-job.ts";

/** What a concept of the engine needs if its scripts may end more than the jobs that their replies name. */
export interface OtherEndsParts {
  readonly onOtherEnds: (ends: OtherEnds) => void;
}

/** Reads what ends.report returns. */
export function otherEnds(reply: unknown): OtherEnds {
  const [jobs, groups] = asList(reply);
  return {
    jobs: inRows(jobs, 4).map(([jobId, state, type, trace]) => ({
      ...endedJob(jobId, type, trace),
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
