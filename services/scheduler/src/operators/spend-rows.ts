import type { MessageInitShape } from "@bufbuild/protobuf";
import { type DaySpend, type Engine, MOST_MICROS } from "@millrace/engine";
import { type SpendFilter, SpendGrouping, type SpendRowSchema } from "@millrace/proto/spend";
import type { KeyId } from "@millrace/shared";
import type { DayRange } from "./day-range.ts";
import { dayText } from "./usage-rows.ts";

/** What rows may differ by, besides labels, in the order in which rows are sorted. */
const groupings = ["day", "key", "model", "account"] as const;
type Grouping = (typeof groupings)[number];

const messages = {
  day: SpendGrouping.DAY,
  key: SpendGrouping.KEY,
  model: SpendGrouping.MODEL,
  account: SpendGrouping.ACCOUNT,
} as const satisfies Record<Grouping, SpendGrouping>;

/** What the rows of a request differ by. */
export interface SpendGroups {
  readonly by: ReadonlySet<Grouping>;
  readonly labels: readonly string[];
}

/** Reads what a filter groups by; nothing means all but labels. */
export function groupsOf({ groupBy, groupLabels }: Pick<SpendFilter, "groupBy" | "groupLabels">) {
  const all = groupBy.length === 0 && groupLabels.length === 0;
  const by = groupings.filter((one) => all || groupBy.includes(messages[one]));
  return { by: new Set(by), labels: groupLabels } satisfies SpendGroups;
}

/**
 * The words that a row differs by, in order: "" for what it does not differ by. The last one is "*", or JSON of the values of
 * the labels that rows differ by, null for one that is missing.
 */
export type SpendName = readonly [
  day: string,
  key: string,
  model: string,
  account: string,
  labels: string,
];
export const SPEND_NAME_WORDS = 5;

export interface SpendSum {
  readonly name: SpendName;
  readonly spend: DaySpend;
}

/** Whether name `a` comes before `b`, after it, or is the same, as sort takes it. */
export function compareSpendNames(a: SpendName, b: SpendName): number {
  const at = a.findIndex((word, i) => word !== b[i]);
  return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}

function nameOf(day: number, spend: DaySpend, { by, labels }: SpendGroups): SpendName {
  const word = (grouping: Grouping, text: string) => (by.has(grouping) ? text : "");
  const own = spend.labels;
  const values = own === "*" ? own : JSON.stringify(labels.map((label) => own[label] ?? null));
  return [
    word("day", dayText(day)),
    word("key", spend.keyId),
    word("model", spend.model),
    word("account", spend.account),
    labels.length === 0 ? "" : values,
  ];
}

/** Adds up the spend of some days, in order. It holds as many sums as it returns rows. */
export async function sumSpend(
  engine: Pick<Engine, "spendOfDay">,
  days: DayRange,
  groups: SpendGroups,
  keyId: KeyId | undefined,
): Promise<readonly SpendSum[]> {
  const sums = new Map<string, SpendSum>();
  for (let day = days.first; day <= days.last; day += 1) {
    for (const spend of await engine.spendOfDay(day, keyId)) {
      const name = nameOf(day, spend, groups);
      const key = JSON.stringify(name);
      sums.set(key, { name, spend: added(sums.get(key)?.spend, spend) });
    }
  }
  return [...sums.values()].sort((a, b) => compareSpendNames(a.name, b.name));
}

const amounts = [
  ...(["attempts", "unpricedAttempts", "inputTokens", "cachedInputTokens"] as const),
  ...(["outputTokens", "reasoningTokens", "providerCalls", "costMicros"] as const),
];

function added(one: DaySpend | undefined, other: DaySpend): DaySpend {
  if (one === undefined) return other;
  const sums = amounts.map((amount) => [
    amount,
    Math.min(one[amount] + other[amount], MOST_MICROS),
  ]);
  return { ...other, ...Object.fromEntries(sums) };
}

export function spendRow(
  { name: [day, keyId, model, account, values], spend }: SpendSum,
  names: readonly string[],
): MessageInitShape<typeof SpendRowSchema> {
  const otherLabels = values === "*";
  const found: readonly (string | null)[] = values === "" || otherLabels ? [] : JSON.parse(values);
  const labels = names.flatMap((label, at) => {
    const value = found[at];
    return typeof value === "string" ? [[label, value] as const] : [];
  });
  return {
    ...{ day, keyId, model, account, labels: Object.fromEntries(labels), otherLabels },
    ...(Object.fromEntries(amounts.map((amount) => [amount, BigInt(spend[amount])])) as Record<
      (typeof amounts)[number],
      bigint
    >),
  };
}
