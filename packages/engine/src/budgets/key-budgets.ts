import { isDeepStrictEqual } from "node:util";
import type { Clock, KeyId, QueueName } from "@millrace/shared";
import type { LaneSettings } from "../lanes/contract.ts";
import { changeField } from "../redis/change_field.ts";
import { registryKeys, shardIndex, storedKey } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { budgetCopies, isInternal } from "./budget-copies.ts";
import type { InternalLimits, KeyBudget, KeyBudgets, KeyUse } from "./contract.ts";
import type { KeyPortions } from "./key-portions.ts";
import { readTotal } from "./key-total.ts";
import { keysWithJobs, usesInShard } from "./key-uses.ts";
import { formatBudget, parseBudget } from "./stored-budgets.ts";

export interface KeyBudgetRegistry extends KeyBudgets {
  /** Copies to every shard, or to those of one queue, the changes that have not reached it. */
  sync(only?: QueueName): Promise<void>;
}

/** The field of the registry's hash that counts its changes. */
const VERSION = "*";
const NONE = "";
/**
 * Budgets are stored in the registry, and copied to every shard: budget-copies.ts says how. A change is written to the
 * registry first, so if a writer dies half-way, `sync` repairs everything that it left.
 */
export function keyBudgetRegistry(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly LaneSettings[]>,
  internalLimits: InternalLimits,
  clock: Clock,
  portions: Pick<KeyPortions, "giveBack">,
): KeyBudgetRegistry {
  const key = registryKeys(rootPrefix).keyBudgets;
  const copies = budgetCopies(redis, rootPrefix, queues, internalLimits);
  const { shards } = copies;

  const write = async (keyId: KeyId, budget: KeyBudget | undefined, before?: string) => {
    const text = budget === undefined ? NONE : formatBudget(budget);
    const change = { field: keyId, value: text, ordered: true };
    const checked = before === undefined ? change : { ...change, before };
    const written = await changeField.run(redis, key, checked);
    if (written === undefined) return false;
    const used = await copies.spread(keyId, text, written.version);
    // What these shards have used counts against the new limits, also before they ask for their portions.
    await Promise.all(used.map(({ base }) => portions.giveBack(base, [keyId])));
    return true;
  };

  return {
    get: (keyId) =>
      asStoreCall("reading a key's budget", async () => {
        const text = await redis.hget(key, keyId);
        return text === null ? undefined : parseBudget(text);
      }),
    list: () =>
      asStoreCall("listing budgets", async () => {
        const { [VERSION]: _, ...limits } = await redis.hgetall(key);
        return new Map(
          Object.entries(limits).map(([keyId, text]) => [keyId as KeyId, parseBudget(text)]),
        );
      }),
    getAll: (keyIds) =>
      asStoreCall("reading the budgets of keys", async () => {
        const texts = keyIds.length === 0 ? [] : await redis.hmget(key, ...keyIds);
        const found = new Map<KeyId, KeyBudget>();
        for (const [at, keyId] of keyIds.entries()) {
          const text = texts[at];
          if (text != null) found.set(keyId, parseBudget(text));
        }
        return found;
      }),
    set: (keyId, budget) =>
      asStoreCall("setting a key's budget", async () => void (await write(keyId, budget))),
    replace: (keyId, before, budget) =>
      asStoreCall("replacing a key's budget", async () => {
        const held = await redis.hget(key, keyId);
        const is = held === null ? undefined : parseBudget(held);
        if (!isDeepStrictEqual(is, before && parseBudget(formatBudget(before)))) return false;
        return write(keyId, budget, held ?? NONE);
      }),
    storedBytes: (keyIds) =>
      asStoreCall("reading what keys store", async () => {
        const sums = new Map(keyIds.map((keyId) => [keyId, 0]));
        for (const { base, index, settings: queue } of await shards()) {
          const here = keyIds.filter((keyId) => shardIndex(keyId, queue.shards) === index);
          if (here.length === 0) continue;
          const bytes = await redis.hmget(storedKey({ base }), ...here);
          here.forEach((keyId, at) => {
            sums.set(keyId, (sums.get(keyId) ?? 0) + Number(bytes[at] ?? 0));
          });
        }
        return sums;
      }),
    use: (keyIds) =>
      asStoreCall("reading what keys use", async () => {
        const found = new Map<KeyId, KeyUse[]>(keyIds.map((keyId) => [keyId, []]));
        for (const shard of await shards()) {
          const { index, settings } = shard;
          const here = keyIds.filter((keyId) => shardIndex(keyId, settings.shards) === index);
          for (const [keyId, use] of await usesInShard(redis, shard, here, clock))
            found.get(keyId)?.push(use);
        }
        return found;
      }),
    total: (keyId) =>
      asStoreCall("reading what a key uses", async () => {
        const own = (await shards()).filter(
          ({ index, settings }) =>
            !isInternal(settings) && shardIndex(keyId, settings.shards) === index,
        );
        const bases = own.map(({ base }) => base);
        return readTotal(redis, bases, keyId, clock.nowMs());
      }),
    usedNow: () =>
      asStoreCall("reading what keys use", async () => {
        const found = new Map<KeyId, Map<QueueName, KeyUse>>();
        for (const shard of await shards()) {
          for await (const keys of keysWithJobs(redis, shard)) {
            for (const [keyId, use] of await usesInShard(redis, shard, keys, clock)) {
              const uses = found.get(keyId) ?? new Map<QueueName, KeyUse>();
              found.set(keyId, uses.set(use.queue, use));
            }
          }
        }
        return new Map([...found].map(([keyId, uses]) => [keyId, [...uses.values()]]));
      }),
    sync: (only) => asStoreCall("copying budgets to the shards", () => copies.copyTo(only)),
  };
}
