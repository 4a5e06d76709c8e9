import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, isQueueName, isUlid } from "@millrace/shared";
import { groupMessage } from "../../messages/group-message.ts";
import { assertPageToken, assertQueue } from "../../messages/page-token.ts";

const DEFAULT_PAGE_SIZE = 50;

export const listGroups =
  (
    engine: Pick<Engine, "listGroups" | "recentQueue">,
  ): Handler<(typeof SchedulerService)["method"]["listGroups"], undefined> =>
  async ({ keyId, filter }) => {
    const { queue = "", pageSize = 0, pageToken = "" } = filter ?? {};
    if (!isKeyId(keyId) || !isQueueName(queue)) {
      throw rpcError({
        reason: "MALFORMED",
        message: "key_id and filter.queue must be set to valid names",
      });
    }
    assertPageToken("ListGroups", pageToken, isUlid(pageToken));
    await assertQueue(engine, queue);
    const page = await engine.listGroups({
      ...{ keyId, queue, pageSize: pageSize || DEFAULT_PAGE_SIZE },
      ...(pageToken === "" ? {} : { pageToken }),
    });
    const groups = page.groups.map(groupMessage);
    return { page: { groups, nextPageToken: page.nextPageToken ?? "" } };
  };
