import type { KeyId } from "@millrace/shared";
import { shardAt, spendKey } from "../redis/keys.ts";
import { readDay } from "../redis/read-day.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import type { DaySpend, SpendReports } from "./contract.ts";
import { MOST_MICROS } from "./costs.ts";
import { daySpend, openingIn } from "./stored-spend.ts";

/**
 * The records of a day in one shard, by name. Those of one key are read by the names that the day lists: a scan would read those
 * of all keys, and any caller may ask for its own.
 */
async function recordsOf(
  redis: Store,
  day: string,
  keyId: KeyId | undefined,
): Promise<Iterable<readonly [name: string, record: Buffer]>> {
  if (keyId === undefined) return readDay(redis, day);
  const names = openingIn((await redis.hget(day, keyId)) ?? "")?.names ?? [];
  if (names.length === 0) return [];
  const records = await redis.hmgetBuffer(day, ...names);
  return names.flatMap((name, at) => {
    const record = records[at];
    return record === null || record === undefined ? [] : [[name, record] as const];
  });
}

export interface SpendParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  queues(): Promise<readonly DefinedQueue[]>;
}

export function openSpend({ redis, rootPrefix, queues }: SpendParts): SpendReports {
  return {
    spendOfDay: (day, keyId) =>
      asStoreCall("reading the spend of a day", async () => {
        const sums = new Map<string, DaySpend>();
        for (const { name, shards } of await queues()) {
          for (let index = 0; index < shards; index += 1) {
            const key = spendKey(shardAt(rootPrefix, name, index), day);
            for (const [record, value] of await recordsOf(redis, key, keyId)) {
              sums.set(record, sumOf(sums.get(record), daySpend(record, value)));
            }
          }
        }
        return [...sums.values()];
      }),
  };
}

const amounts = [
  ...(["attempts", "unpricedAttempts", "inputTokens", "cachedInputTokens"] as const),
  ...(["outputTokens", "reasoningTokens", "providerCalls", "costMicros"] as const),
];

/** The sum of the amounts of two records, each at most MOST_MICROS, with the names of the second. */
function sumOf(one: DaySpend | undefined, other: DaySpend): DaySpend {
  if (one === undefined) return other;
  const sums = amounts.map((amount) => [
    amount,
    Math.min(one[amount] + other[amount], MOST_MICROS),
  ]);
  return { ...other, ...Object.fromEntries(sums) };
}
