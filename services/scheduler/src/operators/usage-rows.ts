import type { DayUsage, Engine } from "@millrace/engine";
import { UsageGrouping } from "@millrace/proto/admin-usage";
import type { KeyId } from "@millrace/shared";

const DAY_MS = 86_400_000;
/** How many days the engine keeps. */
export const MOST_DAYS = 93;

/** What rows may differ by, in the order in which rows are sorted. */
export const groupings = ["day", "key", "pool", "model"] as const;
export type Grouping = (typeof groupings)[number];

/** The words that a row differs by; "" for what it does not differ by. */
export type RowName = readonly [day: string, key: string, pool: string, model: string];

export interface UsageSum {
  readonly name: RowName;
  readonly jobs: number;
  readonly attempts: number;
  readonly usage: DayUsage["usage"];
}

/** Reads which groupings a request names; none means all. */
export function groupingsOf(named: readonly UsageGrouping[]): ReadonlySet<Grouping> {
  const messages = {
    day: UsageGrouping.DAY,
    key: UsageGrouping.KEY,
    pool: UsageGrouping.POOL,
    model: UsageGrouping.MODEL,
  } as const;
  return new Set(groupings.filter((one) => named.length === 0 || named.includes(messages[one])));
}

/** Days since 1970 of a day such as "2027-01-31"; undefined if there is no such day. */
export function dayOf(text: string): number | undefined {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || dayText(ms / DAY_MS) !== text ? undefined : ms / DAY_MS;
}

export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
export const dayAt = (nowMs: number): number => Math.floor(nowMs / DAY_MS);

/** Whether row `a` comes before row `b`. */
export function compareNames(a: RowName, b: RowName): number {
  const at = a.findIndex((word, i) => word !== b[i]);
  return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}

/** Adds up the usage of some days, in order. It holds as many sums as it returns rows. */
export async function sumUsage(
  engine: Pick<Engine, "usageOfDay">,
  days: { readonly first: number; readonly last: number },
  by: ReadonlySet<Grouping>,
  keyId: KeyId | undefined,
): Promise<readonly UsageSum[]> {
  const sums = new Map<string, UsageSum>();
  for (let day = days.first; day <= days.last; day += 1) {
    for (const one of await engine.usageOfDay(day, keyId)) {
      const word = (grouping: Grouping, text: string) => (by.has(grouping) ? text : "");
      const name: RowName = [
        word("day", dayText(day)),
        word("key", one.keyId),
        word("pool", one.pool),
        word("model", one.model),
      ];
      const key = JSON.stringify(name);
      sums.set(key, added(sums.get(key), { ...one, name }));
    }
  }
  return [...sums.values()].sort((a, b) => compareNames(a.name, b.name));
}

function added(one: UsageSum | undefined, { name, jobs, attempts, usage }: UsageSum): UsageSum {
  if (one === undefined) return { name, jobs, attempts, usage };
  const members = Object.keys(usage) as (keyof UsageSum["usage"])[];
  return {
    name,
    jobs: one.jobs + jobs,
    attempts: one.attempts + attempts,
    usage: Object.fromEntries(
      members.map((member) => [member, one.usage[member] + usage[member]]),
    ) as UsageSum["usage"],
  };
}
