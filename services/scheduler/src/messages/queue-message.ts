import { create } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { type QueueDefinition, queueDefaults } from "@millrace/engine";
import { type Queue, QueueSchema } from "@millrace/proto/admin-service";
import { INTERNAL_QUEUE_PREFIX, isQueueName } from "@millrace/shared";
import { retryOf } from "./retry-message.ts";

/** A queue as operators see it. */
export const queueMessage = (queue: QueueDefinition): Queue =>
  create(QueueSchema, {
    name: queue.name,
    shards: queue.shards,
    types: [...queue.types],
    maxDepthPerKey: queue.maxDepthPerKey,
    maxPriority: queue.maxPriority,
    maxStalls: queue.maxStalls,
    retainSucceeded: durationFromMs(queue.retainSucceededMs),
    retainFailed: durationFromMs(queue.retainFailedMs),
    retainCount: queue.retainCount,
    bandWeights: queue.bandWeights,
    defaultEstimatedTokens: queue.defaultEstimatedTokens,
    maxBounces: queue.maxBounces,
    retainDeadLetters: durationFromMs(queue.retainDeadLettersMs),
    defaultRetry: {
      maxAttempts: queue.defaultRetry.maxAttempts,
      initialBackoff: durationFromMs(queue.defaultRetry.initialBackoffMs),
      maxBackoff: durationFromMs(queue.defaultRetry.maxBackoffMs),
    },
  });

/** The message for a request to change a queue's number of shards. */
export const shardsFixed = ({ name, shards }: QueueDefinition): string =>
  `queue ${name} has ${shards} shards, fixed when it was created: leave \`shards\` out`;

/** Reads a queue's definition, with defaults for fields that are left out. */
export function queueDefinitionOf(queue: Queue): QueueDefinition {
  const { name, retainSucceeded, retainFailed, retainDeadLetters } = queue;
  if (!isQueueName(name)) throw new Error(`validation accepted the queue name ${name}`);
  return {
    name,
    shards: queue.shards || queueDefaults.shards,
    types: queue.types,
    maxDepthPerKey: queue.maxDepthPerKey || queueDefaults.maxDepthPerKey,
    maxPriority: queue.maxPriority || queueDefaults.maxPriority,
    maxStalls: queue.maxStalls || queueDefaults.maxStalls,
    retainSucceededMs: retainSucceeded
      ? durationMs(retainSucceeded)
      : queueDefaults.retainSucceededMs,
    retainFailedMs: retainFailed ? durationMs(retainFailed) : queueDefaults.retainFailedMs,
    retainCount: queue.retainCount || queueDefaults.retainCount,
    bandWeights: {
      interactive: queue.bandWeights?.interactive || queueDefaults.bandWeights.interactive,
      standard: queue.bandWeights?.standard || queueDefaults.bandWeights.standard,
      batch: queue.bandWeights?.batch || queueDefaults.bandWeights.batch,
    },
    retainDeadLettersMs: retainDeadLetters
      ? durationMs(retainDeadLetters)
      : queueDefaults.retainDeadLettersMs,
    maxBounces: queue.maxBounces || queueDefaults.maxBounces,
    defaultEstimatedTokens: queue.defaultEstimatedTokens || queueDefaults.defaultEstimatedTokens,
    defaultRetry: retryOf(queue.defaultRetry, queueDefaults.defaultRetry),
  };
}

/** Why operators may not define a queue. Undefined: they may. */
export const reservedName = (name: string): string | undefined =>
  name.startsWith(INTERNAL_QUEUE_PREFIX)
    ? `names that begin with ${INTERNAL_QUEUE_PREFIX} are reserved: use another name`
    : undefined;
