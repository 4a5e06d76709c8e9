import { jsonText } from "@millrace/shared";
import { F } from "../redis/stored-names.ts";
import type { InternalLimits, KeyBudget } from "./contract.ts";

/** The stored names of the members that scripts read. */
const readByScripts = [
  ...[F.budget_weight, F.budget_requests_per_minute, F.budget_tokens_per_minute],
  ...[F.budget_tokens_per_day, F.budget_max_running, F.budget_max_queued],
  ...[F.budget_max_priority, F.budget_max_stored_bytes],
] as const satisfies readonly (keyof KeyBudget)[];

/** Writes a budget in the form that budgets/lib/key_limits.lua reads. */
export const formatBudget = (budget: KeyBudget): string => jsonText(budget);

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

/** A stored budget in the form that scripts read. "" stays "": no limits. */
export const budgetText = (stored: string): string =>
  stored === "" || stored.startsWith("{") ? stored : formatBudget(parseBudget(stored));
