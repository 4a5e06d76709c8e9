import type { ScheduleId } from "@millrace/shared";
import { defineScript } from "../redis/define-script.ts";
import { asList, asOptionalNumber, asText } from "../redis/reply.ts";
import type { DueSchedules } from "./contract.ts";
import { scheduleRecord } from "./schedule-record.ts";

export interface TakeSchedulesRequest {
  readonly nowMs: number;
  readonly limit: number;
  /** How long other schedulers do not find the same schedules. */
  readonly claimMs: number;
  /** The reply ends with the schedule that exceeds this. */
  readonly mostBytes: number;
}

export const takeSchedules = defineScript<TakeSchedulesRequest, DueSchedules>(import.meta.url, {
  name: "take_schedules",
  argv: ["now_ms", "limit", "claim_ms", "most_bytes"],
  encode: ({ nowMs, limit, claimMs, mostBytes }) => [nowMs, limit, claimMs, mostBytes],
  decode(reply) {
    const [, next, ...found] = asList(reply);
    const nextLookMs = asOptionalNumber(next);
    const schedules = found.flatMap((one) => {
      const [id, hash, unfinished] = asList(one);
      return scheduleRecord(asText(id) as ScheduleId, hash, unfinished) ?? [];
    });
    return { schedules, ...(nextLookMs === undefined ? {} : { nextLookMs }) };
  },
});
