import type { OtherEnds } from "../jobs/contract.ts";
import { endedJob } from "../jobs/ended-job.ts";
import { otherEnds } from "../jobs/other-ends.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asOptionalNumber, asText } from "../redis/reply.ts";
import type { ReapedJob, ReapResult } from "./contract.ts";

export interface ReapRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  readonly maxStalls: number;
  readonly limit: number;
}

export const reapLeases = defineScript<ReapRequest, ReapResult & { readonly others: OtherEnds }>(
  import.meta.url,
  {
    name: "reap_leases",
    argv: ["now_ms", "max_events", "keep_failed_ms", "max_stalls", "limit"],
    encode: ({ nowMs, maxEvents, keepFailedMs, maxStalls, limit }) => [
      ...[nowMs, maxEvents, keepFailedMs, maxStalls, limit],
    ],
    decode(reply) {
      const [more, others, ...reaped] = asList(reply);
      return {
        reaped: reaped.map((one) => {
          const [jobId, outcome, prev, worker, attempt, type, trace] = asList(one);
          const workerId = asText(worker);
          const attemptLost = asOptionalNumber(attempt);
          return {
            ...endedJob(jobId, type, trace),
            outcome: asText(outcome) as ReapedJob["outcome"],
            stalled: prev === "active",
            ...(workerId === "" ? {} : { workerId }),
            ...(attemptLost === undefined ? {} : { attempt: attemptLost }),
          };
        }),
        more: more === 1,
        others: otherEnds(others),
      };
    },
  },
);
