import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId } from "@millrace/shared";
import { scheduleMessage } from "../../messages/schedule-message.ts";
import {
  createSchedule as create,
  type StoreScheduleParts,
} from "../../schedules/store-schedule.ts";

export const createSchedule =
  (
    parts: StoreScheduleParts,
  ): Handler<(typeof SchedulerService)["method"]["createSchedule"], undefined> =>
  async ({ keyId, spec }) => {
    if (!isKeyId(keyId) || spec === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "key_id and spec must be set" });
    }
    const { schedule, warnings } = await create(parts, keyId, spec);
    return { reply: { schedule: scheduleMessage(schedule), warnings: [...warnings] } };
  };
