import type { QueueDefinition } from "@millrace/engine";

/**
 * Does the work of a loop for each queue. A queue whose work fails does not keep the others from theirs: what failed is
 * thrown at the end, and the loop's next round tries it again.
 */
export async function eachQueue(
  queues: readonly QueueDefinition[],
  work: (queue: QueueDefinition) => Promise<void>,
): Promise<void> {
  const failed: unknown[] = [];
  for (const queue of queues) {
    await work(queue).catch((error: unknown) => failed.push(error));
  }
  const error = together(failed, "queues");
  if (error !== undefined) throw error;
}

/** What failed in a round, as one error. Undefined if nothing has failed. */
export function together(
  failed: readonly unknown[],
  what: "queues" | "shards" | "lists" | "schedules" | "circuits",
): unknown {
  if (failed.length <= 1) return failed[0];
  const message = `a loop failed for ${failed.length} ${what}, and tries them again`;
  return new AggregateError(failed, message);
}
