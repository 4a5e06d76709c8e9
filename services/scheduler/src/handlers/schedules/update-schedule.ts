import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { scheduleMessage } from "../../messages/schedule-message.ts";
import {
  type StoreScheduleParts,
  updateSchedule as update,
} from "../../schedules/store-schedule.ts";
import { ownScheduleId } from "./own-schedule.ts";

export const updateSchedule =
  (
    parts: StoreScheduleParts,
  ): Handler<(typeof SchedulerService)["method"]["updateSchedule"], undefined> =>
  async ({ keyId, update: request }) => {
    const id = ownScheduleId(keyId, request?.scheduleId ?? "");
    if (request?.changes === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "changes: value is required" });
    }
    const { schedule, warnings } = await update(parts, id, request.changes);
    return { reply: { schedule: scheduleMessage(schedule), warnings: [...warnings] } };
  };
