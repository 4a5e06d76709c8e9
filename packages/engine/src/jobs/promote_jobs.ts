import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber } from "../redis/reply.ts";
import type { PromoteResult } from "./contract.ts";

export interface PromoteRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly limit: number;
}

export const promoteJobs = defineScript<PromoteRequest, PromoteResult>(import.meta.url, {
  name: "promote_jobs",
  argv: ["now_ms", "max_events", "limit"],
  encode: ({ nowMs, maxEvents, limit }) => [nowMs, maxEvents, limit],
  decode(reply) {
    const [, promoted, nextDue] = asList(reply);
    const nextDueMs = asOptionalNumber(nextDue);
    return { promoted: asNumber(promoted), ...(nextDueMs === undefined ? {} : { nextDueMs }) };
  },
});
