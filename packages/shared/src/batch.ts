import { type GroupLimits, groupLength } from "./group.ts";

/**
 * Gathers calls that arrive together into one call of `flush`.
 *
 * An item waits for the current turn of the event loop to end and for one of the `maxInFlight` flushes to be
 * free. So an idle batcher adds no delay to a single call, and under load each flush takes everything that queued
 * up meanwhile. There is no linger timer to tune. Each flush begins in its own turn, because encoding a message
 * of many items takes milliseconds.
 */
export interface BatchOptions<Item, Result> extends GroupLimits<Item> {
  /** How many flushes may run at the same time. */
  readonly maxInFlight: number;
  /** Returns one result per item, in order. A throw rejects every item of that flush. */
  flush(items: readonly Item[]): Promise<readonly Result[]>;
}

export interface Batcher<Item, Result> {
  add(item: Item): Promise<Result>;
  /** How many items are not yet given to a flush. */
  readonly waiting: number;
}

export function createBatcher<Item, Result>(
  options: BatchOptions<Item, Result>,
): Batcher<Item, Result> {
  interface Entry {
    readonly item: Item;
    readonly resolve: (result: Result) => void;
    readonly reject: (error: unknown) => void;
  }
  const limits = { ...options, weigh: ({ item }: Entry) => options.weigh(item) };
  let waiting: Entry[] = [];
  let inFlight = 0;
  let scheduled = false;

  const pump = () => {
    if (waiting.length === 0 || inFlight >= options.maxInFlight) return;
    const entries = waiting.slice(0, groupLength(waiting, 0, limits));
    waiting = waiting.slice(entries.length);
    inFlight += 1;
    void run(entries);
    schedule();
  };

  const schedule = () => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      pump();
    });
  };

  const run = async (entries: readonly Entry[]) => {
    try {
      const results = await options.flush(entries.map((entry) => entry.item));
      if (results.length !== entries.length) {
        throw new Error(`flush returned ${results.length} results for ${entries.length} items`);
      }
      entries.forEach((entry, index) => {
        entry.resolve(results[index] as Result);
      });
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    } finally {
      inFlight -= 1;
      pump();
    }
  };

  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      });
    },
    get waiting() {
      return waiting.length;
    },
  };
}
