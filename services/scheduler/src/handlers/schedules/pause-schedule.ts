import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { scheduleMessage } from "../../messages/schedule-message.ts";
import { pauseSchedule as pause, type StoreScheduleParts } from "../../schedules/store-schedule.ts";
import { ownScheduleId } from "./own-schedule.ts";

/** Pauses a schedule, or resumes it. */
export const pauseSchedule =
  (
    parts: StoreScheduleParts,
  ): Handler<(typeof SchedulerService)["method"]["pauseSchedule"], undefined> =>
  async ({ keyId, scheduleId, paused, note }) => {
    const schedule = await pause(parts, ownScheduleId(keyId, scheduleId), { paused, note });
    return { schedule: scheduleMessage(schedule) };
  };
