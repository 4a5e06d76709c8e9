import type { KeyId, QueueName } from "@millrace/shared";
import type { LaneSettings } from "../lanes/contract.ts";
import { changeField } from "../redis/change_field.ts";
import { registryKeys, shardAt, shardIndex, storedKey } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import type { KeyBudget, KeyBudgets } from "./contract.ts";
import { setLimits } from "./set_limits.ts";

export interface KeyBudgetRegistry extends KeyBudgets {
  /** Brings every shard up to the registry's version, where a change has not reached it. */
  sync(): Promise<void>;
}

/** The field of the registry's hash that counts its changes. */
const VERSION = "*";
const NONE = "";

/**
 * What keys may use stands in the registry, and in every shard, where leases need it. A change is
 * written to the registry first, under a number; a shard takes a change only if it has the one before
 * it, and else all of them. So a writer that dies half-way leaves nothing that `sync` does not mend.
 */
export function keyBudgetRegistry(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly LaneSettings[]>,
): KeyBudgetRegistry {
  const key = registryKeys(rootPrefix).keyBudgets;
  const shards = async () =>
    (await queues()).flatMap((queue) =>
      Array.from({ length: queue.shards }, (_, index) => ({
        ...shardAt(rootPrefix, queue.name, index),
        queue,
      })),
    );

  const setAll = async (only?: QueueName) => {
    const { [VERSION]: version = "0", ...limits } = await redis.hgetall(key);
    for (const { base, index, queue } of await shards()) {
      if (only !== undefined && queue.name !== only) continue;
      const { interactive, standard, batch } = queue.bandWeights;
      await setLimits.run(redis, base, {
        // A shard that was never told anything has version 0, and must be told the bands' weights.
        version: Number(version) + 1,
        all: true,
        bandWeights: `${interactive},${standard},${batch}`,
        limits: Object.entries(limits).filter(
          ([keyId]) => shardIndex(keyId, queue.shards) === index,
        ),
      });
    }
  };

  const write = async (keyId: KeyId, budget: KeyBudget | undefined, before?: string) => {
    const text = budget === undefined ? NONE : format(budget);
    const change = { field: keyId, value: text, ...(before === undefined ? {} : { before }) };
    const written = await changeField.run(redis, key, change);
    if (written === undefined) return false;
    for (const { base, index, queue } of await shards()) {
      const here = shardIndex(keyId, queue.shards) === index;
      const outcome = await setLimits.run(redis, base, {
        version: written.version + 1,
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
      asStoreCall("replacing a key's budget", () =>
        write(keyId, budget, before === undefined ? NONE : format(before)),
      ),
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
    sync: () => asStoreCall("bringing budgets up to date", () => setAll()),
  };
}

const fields = [
  "weight",
  "requestsPerMinute",
  "tokensPerMinute",
  "tokensPerDay",
  "maxRunning",
  "maxQueued",
  "maxPriority",
  "maxStoredBytes",
] as const satisfies readonly (keyof KeyBudget)[];

/** The limits before this place are written though they are empty; later ones only where there is one. */
const ALWAYS_WRITTEN = 6;

/** As budgets/lib/budgets.lua and jobs/lib/admission.lua read it. */
function format(budget: KeyBudget): string {
  const values = fields.map((field) => budget[field] ?? "");
  const last = values.slice(ALWAYS_WRITTEN).some((value) => value !== "");
  return (last ? values : values.slice(0, ALWAYS_WRITTEN)).join(",");
}

/** What keyBudgets keeps in shards; "": no limits. */
export function parseBudget(text: string): KeyBudget {
  const values = text.split(",");
  return Object.fromEntries(
    fields.flatMap((field, at) => {
      const value = values[at] ?? "";
      return value === "" ? [] : [[field, Number(value)]];
    }),
  );
}
