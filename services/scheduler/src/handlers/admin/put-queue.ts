import type { Engine } from "@millrace/engine";
import { PutQueueRequestSchema } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";
import { queueEtag } from "../../messages/etag.ts";
import {
  queueDefinitionOf,
  queueMessage,
  reservedName,
  shardsFixed,
} from "../../messages/queue-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { RecordChange } from "../../operators/record-change.ts";
import { changedMeanwhile } from "../../operators/refusals.ts";

/** Replaces the queue's whole definition, except the number of shards. */
export const putQueue =
  (
    engine: Pick<Engine, "getQueue" | "defineQueue" | "replaceQueue">,
    record: RecordChange,
  ): AdminHandler<"putQueue"> =>
  async (request, { identity: by }) => {
    const { queue, etag } = request;
    if (queue === undefined) throw new Error("validation accepted a request without a queue");
    const description = reservedName(queue.name);
    if (description !== undefined) {
      const violations = [{ field: "queue.name", description }];
      throw rpcError({ reason: "MALFORMED", message: `queue.name: ${description}`, violations });
    }
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
