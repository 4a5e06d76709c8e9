import type { KeyId } from "@millrace/shared";
import { R } from "../redis/stored-records.ts";
import type { DaySpend } from "./contract.ts";

type Amount = (typeof R.spend_of_day)[number];

/** Reads a record of a day (spend/lib/books.lua). A record that cannot be read counts as none: its amounts are 0. */
export function daySpend(name: string, record: Buffer): DaySpend {
  const [keyId = "", model = "", account = "", ...labels] = name.split("|");
  const readable = record.length === 8 * R.spend_of_day.length;
  const amount = (of: Amount) =>
    (readable && record.readDoubleLE(8 * R.spend_of_day.indexOf(of))) || 0;
  return {
    ...{ keyId: keyId as KeyId, model, account, labels: labelsIn(labels.join("|")) },
    ...{ attempts: amount("attempts"), unpricedAttempts: amount("unpriced") },
    ...{ inputTokens: amount("input"), cachedInputTokens: amount("cached") },
    ...{ outputTokens: amount("output"), reasoningTokens: amount("reasoning") },
    ...{ providerCalls: amount("calls"), costMicros: amount("micros") },
  };
}

/** Whether a field of a day's hash is a record, and not how the day began for a key. */
export const isRecord = (field: string): boolean => field.includes("|");

function labelsIn(text: string): DaySpend["labels"] {
  if (text === "*") return "*";
  const words = wordsIn(text);
  const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]]] : []));
  return Object.fromEntries(pairs.map(([name, value]) => [String(name), String(value)]));
}

/** A list in JSON; empty if the text is none. */
function wordsIn(text: string): readonly unknown[] {
  if (text === "") return [];
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) ? words : [];
  } catch {
    return [];
  }
}

/** How a day began for a key. */
export interface Opening {
  readonly micros: number;
  /** The last day before it of which the key has records; 0: none. */
  readonly before: number;
  /** The names of the key's records of the day. */
  readonly names: readonly string[];
}

/** Reads R.spend_opening; undefined if it cannot be read. */
export function openingIn(text: string): Opening | undefined {
  const [, micros, before, names = ""] = /^\d+ \d+ (\d+) (\d+) ([\s\S]+)$/.exec(text) ?? [];
  if (micros === undefined) return undefined;
  return {
    micros: Number(micros),
    before: Number(before),
    names: names.split("\n").filter(isRecord),
  };
}

/** Reads R.spend_total. What cannot be read counts as none. */
export function totalIn(text: string | undefined) {
  const [, micros = 0, removed = 0, day = 0] = /^(\d+) (\d+) (\d+)$/.exec(text ?? "") ?? [];
  return { micros: Number(micros), removed: Number(removed), day: Number(day) };
}
