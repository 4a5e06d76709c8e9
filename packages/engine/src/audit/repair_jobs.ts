import type { JobId } from "@millrace/shared";
import { endedJob } from "../jobs/ended-job.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asText } from "../redis/reply.ts";
import type { JobRepair, RepairedJob } from "./contract.ts";

export interface RepairJobsRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepSucceededMs: number;
  readonly keepFailedMs: number;
  readonly ids: readonly JobId[];
}

/** Returns what was done to each job, in order; nothing where the job was right. */
export const repairJobs = defineScript<RepairJobsRequest, readonly RepairedJob[]>(import.meta.url, {
  name: "repair_jobs",
  argv: ["now_ms", "max_events", "keep_succeeded_ms", "keep_failed_ms"],
  perItem: ["id"],
  encode: ({ nowMs, maxEvents, keepSucceededMs, keepFailedMs, ids }) => [
    ...[nowMs, maxEvents, keepSucceededMs, keepFailedMs],
    ...ids,
  ],
  decode: (reply, { ids }) =>
    asList(reply).map((one, at) => {
      const [type, trace, ...words] = asList(one);
      const done = words.map((word) => asText(word).toLowerCase() as JobRepair);
      return { ...endedJob(ids[at], type, trace), done };
    }),
});
