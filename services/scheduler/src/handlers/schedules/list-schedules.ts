import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, isQueueName, isScheduleName } from "@millrace/shared";
import { assertPageToken } from "../../messages/page-token.ts";
import { scheduleMessage } from "../../messages/schedule-message.ts";

const DEFAULT_PAGE_SIZE = 50;

export const listSchedules =
  (
    engine: Pick<Engine, "listSchedules">,
  ): Handler<(typeof SchedulerService)["method"]["listSchedules"], undefined> =>
  async ({ keyId, filter }) => {
    const { queue = "", pageSize = 0, pageToken = "" } = filter ?? {};
    if (!isKeyId(keyId) || !isQueueName(queue)) {
      throw rpcError({
        reason: "MALFORMED",
        message: "key_id and filter.queue must be set to valid names",
      });
    }
    assertPageToken("ListSchedules", pageToken, isScheduleName(pageToken));
    const page = await engine.listSchedules({
      ...{ keyId, queue, pageSize: pageSize || DEFAULT_PAGE_SIZE },
      ...(pageToken === "" ? {} : { pageToken }),
    });
    const schedules = page.schedules.map(scheduleMessage);
    return { page: { schedules, nextPageToken: page.nextPageToken ?? "" } };
  };
