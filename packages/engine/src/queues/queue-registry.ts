import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  defaultBackoff,
  isQueueName,
  jsonText,
  limits,
  type QueueName,
} from "@millrace/shared";
import { registryKeys, shardAt } from "../redis/keys.ts";
import { replaceField } from "../redis/replace_field.ts";
import { MAX_EVENTS } from "../redis/stamp.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { QueueChange, QueueDefinition } from "./contract.ts";

/** How old a cached definition may be, and so how late this replica sees changes of other replicas. */
const FRESH_MS = 1_000;
const MAX_SHARDS = 64;
const HOUR_MS = 3_600_000;

/** The settings of a queue that its operator does not set. */
export const queueDefaults: Omit<QueueDefinition, "name"> = {
  shards: 1,
  types: [],
  maxDepthPerKey: 1_000_000,
  maxPriority: limits.priority.min,
  maxStalls: 3,
  retainSucceededMs: 24 * HOUR_MS,
  retainFailedMs: 7 * 24 * HOUR_MS,
  retainCount: 100_000,
  bandWeights: { interactive: 16, standard: 4, batch: 1 },
  retainDeadLettersMs: 30 * 24 * HOUR_MS,
  maxBounces: 100,
  defaultEstimatedTokens: 1_000,
  defaultRetry: {
    maxAttempts: limits.attempts.default,
    initialBackoffMs: defaultBackoff.initialMs,
    maxBackoffMs: defaultBackoff.maxMs,
  },
};

export interface QueueRegistry {
  list(): Promise<readonly QueueDefinition[]>;
  /** Returns a list that is at most FRESH_MS old. */
  recentList(): Promise<readonly QueueDefinition[]>;
  /** Reads the definition from Redis. */
  get(name: QueueName): Promise<QueueDefinition | undefined>;
  /** Returns a definition that is at most FRESH_MS old. */
  recent(name: QueueName): Promise<QueueDefinition | undefined>;
  define(change: QueueChange): Promise<QueueDefinition>;
  /** Returns undefined, and changes nothing, if the stored definition does not equal `before`. */
  replace(
    before: QueueDefinition | undefined,
    queue: QueueDefinition,
  ): Promise<QueueDefinition | undefined>;
}

export function queueRegistry(redis: Store, rootPrefix: string, clock: Clock): QueueRegistry {
  const key = registryKeys(rootPrefix).queues;
  const seen = new Map<QueueName, { atMs: number; definition: Promise<Stored> }>();
  type Stored = QueueDefinition | undefined;
  let listed:
    | { readonly atMs: number; readonly all: Promise<readonly QueueDefinition[]> }
    | undefined;
  const isFresh = (atMs: number, nowMs: number) =>
    // If the clock was set back, nothing cached counts as fresh.
    nowMs >= atMs && nowMs - atMs < FRESH_MS;
  const forget = (name: QueueName) => {
    seen.delete(name);
    listed = undefined;
  };

  const get = async (name: QueueName): Promise<Stored> => {
    const text = await redis.hget(key, name).catch((error: unknown) => {
      throw asStoreFault(error, `reading queue ${name}`);
    });
    return text === null ? undefined : parse(text);
  };

  const list = async () => {
    const all = await redis.hvals(key).catch((error: unknown) => {
      throw asStoreFault(error, "listing queues");
    });
    return all.map(parse).sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  const swap = async (before: Stored, after: QueueDefinition) => {
    const text = jsonText(after);
    if (before === undefined) return (await redis.hsetnx(key, after.name, text)) === 1;
    const held = await redis.hget(key, after.name);
    // An earlier version may have stored the definition with fewer fields.
    if (held === null || !isDeepStrictEqual(parse(held), before)) return false;
    return replaceField.run(redis, key, { field: after.name, before: held, after: text });
  };

  return {
    get,
    list,
    recentList() {
      const nowMs = clock.nowMs();
      if (listed !== undefined && isFresh(listed.atMs, nowMs)) return listed.all;
      const fresh = { atMs: nowMs, all: list() };
      listed = fresh;
      fresh.all.catch(() => {
        if (listed === fresh) listed = undefined;
      });
      return fresh.all;
    },
    recent(name) {
      const nowMs = clock.nowMs();
      const known = seen.get(name);
      if (known !== undefined && isFresh(known.atMs, nowMs)) return known.definition;
      const definition = get(name);
      seen.set(name, { atMs: nowMs, definition });
      definition.then(
        // Callers may send any number of names that are not queues, so those are not cached.
        (found) => found === undefined && seen.delete(name),
        () => seen.delete(name),
      );
      return definition;
    },
    async define(change) {
      assertDefinable(change);
      try {
        const fresh = { ...queueDefaults, ...change };
        // HSETNX decides the number of shards for ever, if two replicas create the queue at once.
        const created = (await redis.hsetnx(key, change.name, jsonText(fresh))) === 1;
        const before = created ? fresh : parse((await redis.hget(key, change.name)) ?? "{}");
        const after = { ...before, ...change, shards: before.shards };
        await defineShards(redis, rootPrefix, after);
        if (!created) await redis.hset(key, change.name, jsonText(after));
        return after;
      } catch (error) {
        throw asStoreFault(error, `defining queue ${change.name}`);
      } finally {
        forget(change.name);
      }
    },
    async replace(before, queue) {
      assertDefinable(queue);
      try {
        const after = { ...queue, shards: before?.shards ?? queue.shards };
        if (!(await swap(before, after))) return undefined;
        await defineShards(redis, rootPrefix, after);
        return after;
      } catch (error) {
        throw asStoreFault(error, `replacing queue ${queue.name}`);
      } finally {
        forget(queue.name);
      }
    },
  };
}

const parse = (text: string): QueueDefinition => ({ ...queueDefaults, ...JSON.parse(text) });

/** Sets the length of the events streams for BullMQ's own scripts, and the weights of the bands. */
async function defineShards(redis: Store, rootPrefix: string, queue: QueueDefinition) {
  for (let index = 0; index < queue.shards; index += 1) {
    const { base } = shardAt(rootPrefix, queue.name, index);
    await redis.hset(`${base}meta`, "opts.maxLenEvents", MAX_EVENTS);
    const { interactive, standard, batch } = queue.bandWeights;
    // Jobs without a band are plain BullMQ jobs. They count as standard.
    await redis.hset(`${base}mr:bands`, { w0: standard, w1: interactive, w2: standard, w3: batch });
  }
}

function assertDefinable(change: QueueChange): void {
  const { name, shards } = change;
  if (!isQueueName(name)) throw new RangeError(`${JSON.stringify(name)} is not a valid queue name`);
  if (shards !== undefined && !(Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS)) {
    throw new RangeError(`shards must be a whole number from 1 to ${MAX_SHARDS}, not ${shards}`);
  }
}
