import type { Engine, QueueDefinition } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isQueueName } from "@millrace/shared";
import { queueEtag } from "./etag.ts";
import { queueMessage } from "./queue-message.ts";

/** The queue of that name, or QUEUE_NOT_FOUND. */
export async function existingQueue(
  engine: Pick<Engine, "getQueue">,
  name: string,
): Promise<QueueDefinition> {
  const queue = isQueueName(name) ? await engine.getQueue(name) : undefined;
  if (queue !== undefined) return queue;
  throw rpcError({ reason: "QUEUE_NOT_FOUND", message: `there is no queue ${name}` });
}

/** A queue with what is in it, as operators see it. */
export async function queueStatus(engine: Pick<Engine, "stats">, queue: QueueDefinition) {
  const { paused, ...counts } = await engine.stats(queue.name);
  return {
    queue: queueMessage(queue),
    stats: {
      queued: BigInt(counts.queued),
      scheduled: BigInt(counts.scheduled),
      running: BigInt(counts.running),
      succeeded: BigInt(counts.succeeded),
      failed: BigInt(counts.failed),
      dead: BigInt(counts.dead),
    },
    paused,
    etag: queueEtag(queue),
  };
}
