import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { ownScheduleId } from "./own-schedule.ts";

export const deleteSchedule =
  (
    engine: Pick<Engine, "deleteSchedule">,
  ): Handler<(typeof SchedulerService)["method"]["deleteSchedule"], undefined> =>
  async ({ keyId, scheduleId }) => ({
    existed: await engine.deleteSchedule(ownScheduleId(keyId, scheduleId)),
  });
