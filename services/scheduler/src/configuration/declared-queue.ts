import { create, equals } from "@bufbuild/protobuf";
import type { QueueDefinition } from "@millrace/engine";
import { PutQueueRequestSchema, type Queue, QueueSchema } from "@millrace/proto/admin-service";
import {
  queueDefinitionOf,
  queueMessage,
  reservedName,
  shardsFixed,
} from "../messages/queue-message.ts";
import type { AdminHandler } from "../operators/admin-handler.ts";
import type { Operator } from "../tokens/operator-tokens.ts";
import type { Step } from "./step.ts";

/**
 * Decides on a queue. A declaration replaces the queue's whole definition, except the number of shards if it is left
 * out.
 */
export function declaredQueue(
  queue: Queue,
  path: string,
  before: QueueDefinition | undefined,
  putQueue: AdminHandler<"putQueue">,
  by: Operator,
): Step {
  const description = reservedName(queue.name);
  if (description !== undefined) return { kind: "wrong", field: `${path}.name`, description };
  const wanted = queueDefinitionOf(queue);
  if (before !== undefined) {
    if (queue.shards !== 0 && queue.shards !== before.shards) {
      return { kind: "wrong", field: `${path}.shards`, description: shardsFixed(before) };
    }
    const after = queueMessage({ ...wanted, shards: before.shards });
    if (equals(QueueSchema, after, queueMessage(before))) return { kind: "none" };
  }
  const request = create(PutQueueRequestSchema, { queue });
  const make = () => putQueue(request, { identity: by });
  return { kind: "change", action: "PutQueue", subject: queue.name, make };
}
