import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";
import type { PruneResult } from "./contract.ts";

export interface PruneRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepSucceededMs: number;
  readonly keepFailedMs: number;
  readonly keepCount: number;
  readonly limit: number;
}

export const pruneJobs = defineScript<PruneRequest, PruneResult>(import.meta.url, {
  name: "prune_jobs",
  argv: ["now_ms", "max_events", "keep_succeeded_ms", "keep_failed_ms", "keep_count", "limit"],
  encode: ({ nowMs, maxEvents, keepSucceededMs, keepFailedMs, keepCount, limit }) => [
    ...[nowMs, maxEvents, keepSucceededMs, keepFailedMs, keepCount, limit],
  ],
  decode(reply) {
    const [, pruned, more] = asList(reply);
    return { pruned: asNumber(pruned), more: more === 1 };
  },
});
