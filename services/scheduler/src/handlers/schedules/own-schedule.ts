import { parseScheduleId, type ScheduleId } from "@millrace/shared";
import { scheduleNotFound } from "../../schedules/store-schedule.ts";

/** Returns the id if it is that of a schedule of the key. Otherwise throws SCHEDULE_NOT_FOUND, so that no key learns of others' schedules. */
export function ownScheduleId(keyId: string, scheduleId: string): ScheduleId {
  if (parseScheduleId(scheduleId)?.keyId !== keyId) throw scheduleNotFound(scheduleId);
  return scheduleId as ScheduleId;
}
