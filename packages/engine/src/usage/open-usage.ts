import type { KeyId } from "@millrace/shared";
import { shardAt, usageKey } from "../redis/keys.ts";
import { readDay } from "../redis/read-day.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { R } from "../redis/stored-records.ts";
import type { DayUsage, UsageReports } from "./contract.ts";

export interface UsageParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  queues(): Promise<readonly DefinedQueue[]>;
}

export function openUsage({ redis, rootPrefix, queues }: UsageParts): UsageReports {
  return {
    usageOfDay: (day, keyId) =>
      asStoreCall("reading the usage of a day", async () => {
        const sums = new Map<string, DayUsage>();
        for (const { name, shards } of await queues()) {
          for (let index = 0; index < shards; index += 1) {
            const key = usageKey(shardAt(rootPrefix, name, index), day);
            for (const [record, value] of await readDay(redis, key, keyId)) {
              sums.set(record, sumOf(sums.get(record), dayUsage(record, value)));
            }
          }
        }
        return [...sums.values()];
      }),
  };
}

type Amount = (typeof R.usage_of_day)[number];

function dayUsage(name: string, record: Buffer): DayUsage {
  const [keyId = "", pool = "", ...model] = name.split("|");
  const readable = record.length === 8 * R.usage_of_day.length;
  const amount = (of: Amount) =>
    (readable && record.readDoubleLE(8 * R.usage_of_day.indexOf(of))) || 0;
  return {
    ...{ keyId: keyId as KeyId, pool, model: model.join("|") },
    ...{ jobs: amount("jobs"), attempts: amount("attempts") },
    usage: {
      ...{ inputTokens: amount("input"), cachedInputTokens: amount("cached") },
      ...{ outputTokens: amount("output"), reasoningTokens: amount("reasoning") },
      ...{ providerCalls: amount("calls"), computeMs: amount("compute") },
    },
  };
}

/** The sum of two usages, with the names of the second. */
function sumOf(one: DayUsage | undefined, other: DayUsage): DayUsage {
  if (one === undefined) return other;
  const members = Object.keys(other.usage) as (keyof DayUsage["usage"])[];
  const usage = members.map((member) => [member, one.usage[member] + other.usage[member]]);
  return {
    ...other,
    jobs: one.jobs + other.jobs,
    attempts: one.attempts + other.attempts,
    usage: Object.fromEntries(usage) as DayUsage["usage"],
  };
}
