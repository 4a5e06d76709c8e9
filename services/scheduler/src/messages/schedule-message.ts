import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ScheduleRecord } from "@millrace/engine";
import type { ScheduleSchema } from "@millrace/proto/schedule";
import { timestampOf } from "@millrace/runtime";
import { nextTimes, timesOf } from "../schedules/timing.ts";
import { readableSpec } from "./schedule-spec.ts";

/** How many of the next due times a schedule shows. */
const SHOWN_TIMES = 5;

/** A stored schedule as its callers see it. */
export function scheduleMessage(schedule: ScheduleRecord): MessageInitShape<typeof ScheduleSchema> {
  const { id, dueMs, bufferedMs, lastDueMs, failure } = schedule;
  // One that cannot be read is shown without its spec, so that its owner can delete it.
  const spec = readableSpec(schedule.details);
  const times = spec && timesOf(spec, schedule.timedFromMs);
  return {
    ...(spec === undefined ? {} : { spec }),
    ...{ id, paused: schedule.paused, pauseNote: schedule.note },
    createTime: timestampOf(schedule.createdAtMs),
    updateTime: timestampOf(schedule.updatedAtMs),
    nextTimes:
      dueMs === undefined || times === undefined
        ? []
        : nextTimes(times, dueMs - 1, SHOWN_TIMES).map(timestampOf),
    ...(bufferedMs === undefined ? {} : { bufferedDueTime: timestampOf(bufferedMs) }),
    ...(lastDueMs === undefined ? {} : { lastDueTime: timestampOf(lastDueMs) }),
    lastJobId: schedule.lastJobId ?? "",
    runs: BigInt(schedule.made),
    skipped: BigInt(schedule.skipped),
    missed: BigInt(schedule.missed),
    ...(failure === undefined ? {} : { failure: { ...failure } }),
  };
}
