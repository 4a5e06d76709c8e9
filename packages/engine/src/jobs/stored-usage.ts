/**
 * A usage in its stored form: JSON with a whole number for each member that is not 0, and the model as a text.
 * jobs/lib/usages.lua reads it too.
 */
import { cutChars, wellFormed } from "@millrace/shared";
import { F } from "../redis/stored-names.ts";
import type { Usage } from "./contract.ts";
import { parseJson } from "./parse-json.ts";

/** What the script that settles adds to a usage. */
const money = { costMicros: F.usage_cost, unpricedAttempts: F.usage_unpriced } as const;

/** The stored names. Scripts add up every member that they find, so a new member is named here and nowhere in Lua. */
const names = {
  inputTokens: F.usage_input_tokens,
  outputTokens: F.usage_output_tokens,
  providerCalls: F.usage_provider_calls,
  computeMs: F.usage_compute_ms,
  cachedInputTokens: F.usage_cached_input_tokens,
  reasoningTokens: F.usage_reasoning_tokens,
} as const satisfies Record<Exclude<keyof Usage, "model" | keyof typeof money>, string>;

const members = Object.entries(names) as (readonly [keyof typeof names, string])[];

/** The longest name of a model that is stored. */
const MODEL_CHARS = 128;

/** "" without a usage. What attempts cost is not taken from it. */
export function usageText(usage: Usage | undefined): string {
  if (usage === undefined) return "";
  const stored: Record<string, number | string> = {};
  for (const [member, name] of members) {
    const amount = Math.ceil(usage[member] ?? 0);
    if (amount !== 0) stored[name] = amount;
  }
  const model = cutChars(wellFormed(usage.model ?? ""), MODEL_CHARS);
  if (model !== "") stored[F.usage_model] = model;
  return JSON.stringify(stored);
}

/** Reads the text that usageText wrote or the sum that a script made of several, also within other JSON. */
export function parseUsage(stored: unknown): Usage | undefined {
  const read = typeof stored === "string" ? (formerUsage(stored) ?? parseJson(stored)) : stored;
  if (typeof read !== "object" || read === null) return undefined;
  const amounts = read as Readonly<Record<string, unknown>>;
  const usage: { -readonly [Member in keyof Usage]: Usage[Member] } = {
    ...{ inputTokens: 0, outputTokens: 0, providerCalls: 0 },
  };
  for (const [member, name] of members) {
    const amount = amounts[name];
    if (typeof amount === "number" && amount > 0) usage[member] = amount;
  }
  const cost = amounts[money.costMicros];
  // 0 is a cost, too: the attempt had a price.
  if (typeof cost === "number") usage.costMicros = cost;
  const unpriced = amounts[money.unpricedAttempts];
  if (typeof unpriced === "number") usage.unpricedAttempts = unpriced;
  const model = amounts[F.usage_model];
  if (typeof model === "string") usage.model = model;
  return usage;
}

/** Earlier versions stored "input,output,calls", with ",compute_ms" if any was measured. */
function formerUsage(text: string): Readonly<Record<string, number>> | undefined {
  if (!/^\d+,\d+,\d+(,\d+)?$/.test(text)) return undefined;
  const amounts = text.split(",").map(Number);
  return Object.fromEntries(members.map(([, name], index) => [name, amounts[index] ?? 0]));
}
