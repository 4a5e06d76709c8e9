import type { JobId, JobState } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asHash, asList, asOptionalNumber, asText } from "../redis/reply.ts";
import type { JobRecord, JobView } from "./contract.ts";
import { jobRecord } from "./job-record.ts";

export interface ReadJobsRequest {
  readonly view: JobView;
  readonly ids: readonly JobId[];
}

export const readJobs = defineScript<ReadJobsRequest, readonly (JobRecord | undefined)[]>(
  import.meta.url,
  {
    name: "read_jobs",
    argv: ["view"],
    perItem: ["id"],
    encode: ({ view, ids }) => [view, ...ids],
    decode: (reply, { ids }) =>
      asList(reply).map((one, index) => {
        const [state, nextRun, flat] = asList(one);
        const id = ids[index];
        if (state === "NONE" || id === undefined) return undefined;
        const stored = asHash(flat);
        return jobRecord(id, asText(state) as JobState, stored, asOptionalNumber(nextRun));
      }),
  },
);
