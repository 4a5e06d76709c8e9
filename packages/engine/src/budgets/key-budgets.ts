import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  INTERNAL_QUEUE_PREFIX,
  jsonText,
  type KeyId,
  type QueueName,
} from "@millrace/shared";
import type { LaneSettings } from "../lanes/contract.ts";
import { changeField } from "../redis/change_field.ts";
import { budgetsKey, registryKeys, shardAt, shardIndex, storedKey } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { F } from "../redis/stored-names.ts";
import type { InternalLimits, KeyBudget, KeyBudgets, KeyUse } from "./contract.ts";
import { readUse } from "./read_use.ts";
import { setLimits } from "./set_limits.ts";

export interface KeyBudgetRegistry extends KeyBudgets {
  /** Copies the registry's version to every shard that a change has not reached. */
  sync(): Promise<void>;
}

/** The budgets of keys are for the queues of callers. */
const isInternal = ({ name }: LaneSettings): boolean => name.startsWith(INTERNAL_QUEUE_PREFIX);

/** The field of the registry's hash that counts its changes. */
const VERSION = "*";
const NONE = "";
/**
 * A shard's version is this much ahead of the registry's. One is for a new shard: it has version 0, and must still be
 * sent the weights of the bands. The other one dates from the change to JSON, so that each shard is sent all budgets again.
 */
const VERSIONS_AHEAD = 2;
/** How many keys' use one call reads: it occupies Redis for about a millisecond. */
const KEYS_AT_ONCE = 200;

/**
 * Budgets are stored in the registry, and copied to every shard, where leases need them. A change is written to the
 * registry first, with a version. A shard accepts a change only if it has the version before it; otherwise it is sent
 * all budgets. So if a writer dies half-way, `sync` repairs everything that it left.
 */
export function keyBudgetRegistry(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly LaneSettings[]>,
  internalLimits: InternalLimits,
  clock: Clock,
): KeyBudgetRegistry {
  const key = registryKeys(rootPrefix).keyBudgets;
  const shards = () => shardsOf(rootPrefix, queues);

  const setAll = async (only?: QueueName) => {
    const { [VERSION]: version = "0", ...limits } = await redis.hgetall(key);
    for (const { base, index, queue } of await shards()) {
      if (only !== undefined && queue.name !== only) continue;
      const { interactive, standard, batch } = queue.bandWeights;
      await setLimits.run(redis, base, {
        version: Number(version) + VERSIONS_AHEAD,
        all: true,
        bandWeights: `${interactive},${standard},${batch}`,
        limits: isInternal(queue)
          ? [[F.budgets_default, jsonText(internalLimits)]]
          : Object.entries(limits)
              .filter(([keyId]) => shardIndex(keyId, queue.shards) === index)
              .map(([keyId, text]) => [keyId, format(parseBudget(text))]),
      });
      // A shard of this version may have the limits of a scheduler with other settings.
      if (isInternal(queue)) {
        await redis.hset(budgetsKey({ base }), F.budgets_default, jsonText(internalLimits));
      }
    }
  };

  const write = async (keyId: KeyId, budget: KeyBudget | undefined, before?: string) => {
    const text = budget === undefined ? NONE : format(budget);
    const change = { field: keyId, value: text, ...(before === undefined ? {} : { before }) };
    const written = await changeField.run(redis, key, change);
    if (written === undefined) return false;
    for (const { base, index, queue } of await shards()) {
      const here = !isInternal(queue) && shardIndex(keyId, queue.shards) === index;
      const outcome = await setLimits.run(redis, base, {
        version: written.version + VERSIONS_AHEAD,
        all: false,
        bandWeights: "",
        limits: here ? [[keyId, text]] : [],
      });
      if (outcome === "BEHIND") await setAll(queue.name);
    }
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
    set: (keyId, budget) =>
      asStoreCall("setting a key's budget", async () => void (await write(keyId, budget))),
    replace: (keyId, before, budget) =>
      asStoreCall("replacing a key's budget", async () => {
        const held = await redis.hget(key, keyId);
        const is = held === null ? undefined : parseBudget(held);
        if (!isDeepStrictEqual(is, before && parseBudget(format(before)))) return false;
        return write(keyId, budget, held ?? NONE);
      }),
    storedBytes: (keyIds) =>
      asStoreCall("reading what keys store", async () => {
        const sums = new Map(keyIds.map((keyId) => [keyId, 0]));
        for (const { base, index, queue } of await shards()) {
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
        for (const { base, index, queue } of await shards()) {
          const here = keyIds.filter((keyId) => shardIndex(keyId, queue.shards) === index);
          for (let from = 0; from < here.length; from += KEYS_AT_ONCE) {
            const keys = here.slice(from, from + KEYS_AT_ONCE);
            const uses = await readUse.run(redis, base, { nowMs: clock.nowMs(), keys });
            for (const [at, limits] of uses.entries()) {
              const some = limits.filter(({ used }) => used > 0);
              if (some.length > 0)
                found.get(keys[at] as KeyId)?.push({ queue: queue.name, limits: some });
            }
          }
        }
        return found;
      }),
    sync: () => asStoreCall("copying budgets to the shards", () => setAll()),
  };
}

/** The stored names of the members that scripts read. */
const readByScripts = [
  ...[F.budget_weight, F.budget_requests_per_minute, F.budget_tokens_per_minute],
  ...[F.budget_tokens_per_day, F.budget_max_running, F.budget_max_queued],
  ...[F.budget_max_priority, F.budget_max_stored_bytes],
] as const satisfies readonly (keyof KeyBudget)[];

/** Writes a budget in the form that budgets/lib/key_limits.lua reads. */
const format = (budget: KeyBudget): string => jsonText(budget);

/** Reads a stored budget. "" means no limits. */
export function parseBudget(text: string): KeyBudget & Partial<InternalLimits> {
  if (text.startsWith("{")) return JSON.parse(text) as KeyBudget & Partial<InternalLimits>;
  // An earlier version stored only the members' values, in this order.
  const values = text.split(",");
  return Object.fromEntries(
    readByScripts.flatMap((field, at) => {
      const value = values[at] ?? "";
      return value === "" ? [] : [[field, Number(value)]];
    }),
  );
}

/** All shards of all queues, each with its queue. */
async function shardsOf(rootPrefix: string, queues: () => Promise<readonly LaneSettings[]>) {
  return (await queues()).flatMap((queue) =>
    Array.from({ length: queue.shards }, (_, index) => ({
      ...shardAt(rootPrefix, queue.name, index),
      queue,
    })),
  );
}
