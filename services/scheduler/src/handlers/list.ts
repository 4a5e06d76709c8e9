import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isKeyId, isQueueName, isUlid } from "@millrace/shared";
import { jobFilterOf } from "../messages/job-filter.ts";
import { jobMessage } from "../messages/job-message.ts";
import { assertPageToken, assertQueue } from "../messages/page-token.ts";

export const list =
  (
    engine: Pick<Engine, "listJobs" | "recentQueue">,
  ): Handler<(typeof SchedulerService)["method"]["list"], undefined> =>
  async ({ keyId, filter }) => {
    const queue = filter?.queue ?? "";
    if (filter === undefined || !isKeyId(keyId) || !isQueueName(queue)) {
      throw rpcError({
        reason: "MALFORMED",
        message: "key_id and filter.queue must be set to valid names",
      });
    }
    assertPageToken("ListJobs", filter.pageToken, isUlid(filter.pageToken));
    await assertQueue(engine, queue);
    const page = await engine.listJobs({ keyId, queue, ...jobFilterOf(filter) });
    return { page: { jobs: page.jobs.map(jobMessage), nextPageToken: page.nextPageToken ?? "" } };
  };
