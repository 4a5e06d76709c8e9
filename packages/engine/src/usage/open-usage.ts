import type { KeyId } from "@millrace/shared";
import { shardAt, usageKey } from "../redis/keys.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreCall } from "../redis/store-fault.ts";
import { R } from "../redis/stored-records.ts";
import type { DayUsage, UsageReports } from "./contract.ts";

/** How many records one command reads: it occupies Redis for less than a millisecond. */
const AT_ONCE = 500;

export interface UsageParts {
  readonly redis: Store;
  readonly rootPrefix: string;
  queues(): Promise<readonly DefinedQueue[]>;
}

export function openUsage({ redis, rootPrefix, queues }: UsageParts): UsageReports {
  /** The records of a day in one shard, by name. A scan may return a record twice. */
  const readDay = async (key: string, keyId: KeyId | undefined) => {
    const records = new Map<string, Buffer>();
    let cursor = "0";
    do {
      const match = `${keyId ?? "*"}|*`;
      const [next, found] = await redis.hscanBuffer(key, cursor, "MATCH", match, "COUNT", AT_ONCE);
      for (let at = 0; at + 1 < found.length; at += 2) {
        records.set(String(found[at]), found[at + 1] as Buffer);
      }
      cursor = String(next);
    } while (cursor !== "0");
    return records;
  };

  return {
    usageOfDay: (day, keyId) =>
      asStoreCall("reading the usage of a day", async () => {
        const sums = new Map<string, DayUsage>();
        for (const { name, shards } of await queues()) {
          for (let index = 0; index < shards; index += 1) {
            const key = usageKey(shardAt(rootPrefix, name, index), day);
            for (const [record, value] of await readDay(key, keyId)) {
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
