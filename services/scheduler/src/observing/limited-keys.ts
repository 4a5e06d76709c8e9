import type { KeyId, QueueName } from "@millrace/shared";
import { LRUCache } from "lru-cache";

/** How many keys of all queues are remembered. */
const MOST_KEYS = 10_000;

/**
 * When a limit of a key was last seen to hold its jobs. Only the first job of a lane knows what held it: those behind it
 * waited for the same limit, but are leased without a trace of it.
 */
export class LimitedKeys {
  readonly #seen = new LRUCache<string, number>({ max: MOST_KEYS });

  seen(queue: QueueName, keys: readonly KeyId[], nowMs: number): void {
    for (const key of keys) this.#seen.set(`${queue} ${key}`, nowMs);
  }

  /** Whether a limit of the key has held jobs of the queue since that time. */
  since(queue: QueueName, key: KeyId, ms: number): boolean {
    return (this.#seen.get(`${queue} ${key}`) ?? Number.NEGATIVE_INFINITY) >= ms;
  }
}
