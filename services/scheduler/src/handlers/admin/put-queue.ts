import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { queueDefinitionOf, queueMessage } from "./queue-message.ts";

/** The definition takes the place of the whole one before, all but the number of shards. */
export const putQueue =
  (
    engine: Pick<Engine, "getQueue" | "defineQueue">,
  ): Handler<(typeof AdminService)["method"]["putQueue"], undefined> =>
  async ({ queue }) => {
    if (queue === undefined) throw new Error("validation let a request without a queue through");
    const wanted = queueDefinitionOf(queue);
    const before = await engine.getQueue(wanted.name);
    if (queue.shards !== 0 && before !== undefined && before.shards !== queue.shards) {
      throw rpcError({
        reason: "ILLEGAL_TRANSITION",
        message: `queue ${queue.name} has ${before.shards} shards, fixed when it was created: leave \`shards\` out`,
      });
    }
    return { queue: queueMessage(await engine.defineQueue(wanted)) };
  };
