import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { scheduleMessage } from "../../messages/schedule-message.ts";
import { scheduleNotFound } from "../../schedules/store-schedule.ts";
import { ownScheduleId } from "./own-schedule.ts";

export const getSchedule =
  (
    engine: Pick<Engine, "getSchedules">,
  ): Handler<(typeof SchedulerService)["method"]["getSchedule"], undefined> =>
  async ({ keyId, scheduleId }) => {
    const [schedule] = await engine.getSchedules([ownScheduleId(keyId, scheduleId)]);
    if (schedule === undefined) throw scheduleNotFound(scheduleId);
    return { schedule: scheduleMessage(schedule) };
  };
