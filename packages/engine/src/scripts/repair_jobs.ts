import type { JobId } from "@millrace/shared";
import { defineScript } from "../define-script.ts";
import type { JobRepair, RepairedJob } from "../engine.ts";
import { asList, asText } from "../reply.ts";
import { endedJob } from "./lease.ts";

export interface RepairJobsRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepSucceededMs: number;
  readonly keepFailedMs: number;
  readonly ids: readonly JobId[];
}

/** Each job in its place; with nothing done where it is right. */
export const repairJobs = defineScript<RepairJobsRequest, readonly RepairedJob[]>({
  name: "repair_jobs",
  argv: ["now_ms", "max_events", "keep_succeeded_ms", "keep_failed_ms"],
  perItem: ["id"],
  encode: ({ nowMs, maxEvents, keepSucceededMs, keepFailedMs, ids }) => [
    ...[nowMs, maxEvents, keepSucceededMs, keepFailedMs],
    ...ids,
  ],
  decode: (reply, { ids }) =>
    asList(reply).map((one, at) => {
      const [type, traceparent, ...words] = asList(one);
      const done = words.map((word) => asText(word).toLowerCase() as JobRepair);
      return { ...endedJob(ids[at], type, traceparent), done };
    }),
});
