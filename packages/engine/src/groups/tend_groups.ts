import type { OtherEnds } from "../jobs/contract.ts";
import { otherEnds } from "../jobs/other-ends.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber } from "../redis/reply.ts";

export interface TendGroupsRequest {
  readonly nowMs: number;
  readonly maxEvents: number;
  readonly keepFailedMs: number;
  /** How long a finished group is kept. */
  readonly keepMs: number;
  readonly limit: number;
}

export const tendGroups = defineScript<
  TendGroupsRequest,
  { readonly more: boolean; readonly others: OtherEnds }
>(import.meta.url, {
  name: "tend_groups",
  argv: ["now_ms", "max_events", "keep_failed_ms", "keep_ms", "limit"],
  encode: ({ nowMs, maxEvents, keepFailedMs, keepMs, limit }) => [
    ...[nowMs, maxEvents, keepFailedMs, keepMs, limit],
  ],
  decode(reply) {
    const [, more, others] = asList(reply);
    return { more: asNumber(more) === 1, others: otherEnds(others) };
  },
});
