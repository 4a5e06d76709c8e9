import type { Engine } from "@millrace/engine";
import { PutQueueRequestSchema } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";
import type { RecordChange } from "../../record-change.ts";
import type { AdminHandler } from "./admin-handler.ts";
import { changedMeanwhile, queueEtag } from "./etag.ts";
import { queueDefinitionOf, queueMessage, shardsFixed } from "./queue-message.ts";

/** The definition takes the place of the whole one before, all but the number of shards. */
export const putQueue =
  (
    engine: Pick<Engine, "getQueue" | "defineQueue" | "replaceQueue">,
    record: RecordChange,
  ): AdminHandler<"putQueue"> =>
  async (request, { identity: by }) => {
    const { queue, etag } = request;
    if (queue === undefined) throw new Error("validation let a request without a queue through");
    const wanted = queueDefinitionOf(queue);
    const before = await engine.getQueue(wanted.name);
    if (etag !== "" && etag !== queueEtag(before)) throw changedMeanwhile(`queue ${queue.name}`);
    if (queue.shards !== 0 && before !== undefined && before.shards !== queue.shards) {
      throw rpcError({ reason: "ILLEGAL_TRANSITION", message: shardsFixed(before) });
    }
    const change = { by, action: "PutQueue", subject: queue.name, request };
    const defined = await record({ ...change, schema: PutQueueRequestSchema }, async () => {
      if (etag === "") return engine.defineQueue(wanted);
      const replaced = await engine.replaceQueue(before, wanted);
      if (replaced === undefined) throw changedMeanwhile(`queue ${queue.name}`);
      return replaced;
    });
    return { queue: queueMessage(defined), etag: queueEtag(defined) };
  };
