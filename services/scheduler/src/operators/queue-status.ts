import type { Engine, QueueDefinition } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isQueueName } from "@millrace/shared";
import { queueStatusMessage } from "../messages/queue-status-message.ts";

/** Returns the queue of that name. Throws QUEUE_NOT_FOUND. */
export async function existingQueue(
  engine: Pick<Engine, "getQueue">,
  name: string,
): Promise<QueueDefinition> {
  const queue = isQueueName(name) ? await engine.getQueue(name) : undefined;
  if (queue !== undefined) return queue;
  throw rpcError({ reason: "QUEUE_NOT_FOUND", message: `there is no queue ${name}` });
}

/** Reads a queue with the number of its jobs in each state, as operators see it. */
export async function queueStatus(engine: Pick<Engine, "stats">, queue: QueueDefinition) {
  return queueStatusMessage(queue, await engine.stats(queue.name));
}
