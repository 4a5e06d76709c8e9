import type { JobId } from "@millrace/shared";
import type { JobSpec } from "../jobs/contract.ts";
import { bullOptions, storedSpec } from "../jobs/job-record.ts";
import { boundOf } from "../jobs/submit.ts";
import { defineScript, type ScriptArg } from "../redis/define-script.ts";
import { keyOfJob, laneId, lanePool } from "../redis/keys.ts";
import { asList, asText } from "../redis/reply.ts";

export interface RedriveRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly depthLimit: number;
  readonly topPriority: number;
  /** Infinity means no limit. */
  readonly bytesLimit: number;
  /** Dead letters, each with its new job. The script copies the payload from the dead letter. */
  readonly letters: readonly { readonly id: JobId; readonly job: JobSpec }[];
}

export type RedriveOutcome = "REDRIVEN" | "GONE" | "REFUSED" | "INVALID";

export const redrive = defineScript<RedriveRequest, readonly RedriveOutcome[]>(import.meta.url, {
  name: "redrive",
  argv: ["now_ms", "max_events", "depth_limit", "top_priority", "bytes_limit"],
  perItem: [
    "id",
    "new_id",
    "lane",
    "priority",
    "type",
    "opts",
    "spec",
    "est",
    "finalizes",
    "callback",
  ],
  encode({ nowMs, maxEvents, depthLimit, topPriority, bytesLimit, letters }) {
    const args: ScriptArg[] = [nowMs, maxEvents, depthLimit, topPriority, boundOf(bytesLimit)];
    for (const { id, job } of letters) {
      const lane = laneId(keyOfJob(job.id), job.priority, lanePool(job));
      args.push(id, job.id, lane, job.priority, job.type);
      args.push(bullOptions(job), storedSpec(job), job.estimatedTokens ?? "");
      args.push(job.finalizes ?? "", job.callback ?? "");
    }
    return args;
  },
  decode: (reply) => asList(reply).map((word) => asText(word) as RedriveOutcome),
});
