import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, isQueueName } from "@millrace/shared";
import {
  assertPageToken,
  assertQueue,
  nameInToken,
  tokenAfter,
} from "../../messages/page-token.ts";
import { scheduleMessage } from "../../messages/schedule-message.ts";

const DEFAULT_PAGE_SIZE = 50;

export const listSchedules =
  (
    engine: Pick<Engine, "listSchedules" | "recentQueue">,
  ): Handler<(typeof SchedulerService)["method"]["listSchedules"], undefined> =>
  async ({ keyId, filter }) => {
    const { queue = "", pageSize = 0, pageToken = "" } = filter ?? {};
    if (!isKeyId(keyId) || !isQueueName(queue)) {
      throw rpcError({
        reason: "MALFORMED",
        message: "key_id and filter.queue must be set to valid names",
      });
    }
    const after = nameInToken("schedule", pageToken);
    assertPageToken("ListSchedules", pageToken, after !== undefined);
    await assertQueue(engine, queue);
    const { schedules, nextPageToken: last } = await engine.listSchedules({
      ...{ keyId, queue, pageSize: pageSize || DEFAULT_PAGE_SIZE },
      ...(after === undefined ? {} : { pageToken: after }),
    });
    const nextPageToken = last === undefined ? "" : tokenAfter("schedule", last);
    return { page: { schedules: schedules.map(scheduleMessage), nextPageToken } };
  };
