import { create } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { type QueueDefinition, queueDefaults } from "@millrace/engine";
import { type Queue, QueueSchema } from "@millrace/proto/admin-service";
import { rpcError } from "@millrace/runtime";
import { isQueueName } from "@millrace/shared";

/** A queue as operators see it. */
export const queueMessage = (queue: QueueDefinition): Queue =>
  create(QueueSchema, {
    name: queue.name,
    shards: queue.shards,
    types: [...queue.types],
    maxDepthPerKey: queue.maxDepthPerKey,
    maxStalls: queue.maxStalls,
    retainSucceeded: durationFromMs(queue.retainSucceededMs),
    retainFailed: durationFromMs(queue.retainFailedMs),
    retainCount: queue.retainCount,
    bandWeights: queue.bandWeights,
    defaultEstimatedTokens: queue.defaultEstimatedTokens,
    maxBounces: queue.maxBounces,
    retainDeadLetters: durationFromMs(queue.retainDeadLettersMs),
  });

/** What an operator defines, with a default for whatever is left out. */
export function queueDefinitionOf(queue: Queue): QueueDefinition {
  const { name, retainSucceeded, retainFailed, retainDeadLetters } = queue;
  if (!isQueueName(name)) throw new Error(`validation let queue name ${name} through`);
  return {
    name,
    shards: queue.shards || queueDefaults.shards,
    types: queue.types,
    maxDepthPerKey: queue.maxDepthPerKey || queueDefaults.maxDepthPerKey,
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
  };
}

/** Refuses what the contract has and the engine does not keep yet: stored and not kept would be worse. */
export function refuseUnkept(queue: Queue): void {
  const given = {
    default_retry: queue.defaultRetry !== undefined,
  };
  const names = Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
  if (names.length === 0) return;
  throw rpcError({
    reason: "NOT_IMPLEMENTED",
    message: `not kept yet, leave out: ${names.join(", ")}`,
  });
}
