import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** What a job does: how and when it is run may differ. */
export interface Content {
  readonly type: string;
  readonly payloadJson: string;
  readonly documentIds: readonly string[];
  /** Of `payloadJson`, where that was read before. */
  readonly payload?: ReadPayload | undefined;
}

/** What a payload says, for canonical JSON; without a value it is compared as it is written. */
export interface ReadPayload {
  readonly value?: unknown;
}

/** Begins each hash over canonical JSON. The hashes of earlier versions, over JSON as it came, begin with nothing. */
const CANONICAL = "2:";

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Equal for contents that mean the same: the payload's canonical JSON (RFC 8785) is hashed, so neither the order of
 * members, nor white space, nor the way a string or a number is written counts. The order of elements and of
 * documents does.
 */
export function contentHash({ type, payloadJson, documentIds, payload }: Content): string {
  const text = canonical(payloadJson, payload ?? readPayload(payloadJson));
  return CANONICAL + digest(`[${JSON.stringify(type)},${text},${JSON.stringify(documentIds)}]`);
}

/** As versions before canonical JSON stored it: what they stored is to be known again. */
export const formerContentHash = ({ type, payloadJson, documentIds }: Content): string =>
  digest(JSON.stringify([type, payloadJson, documentIds]));

/**
 * How deep containers may stand in one another: of what is deeper, each level would be held until the last, and 130,000 of
 * them took 70 ms.
 */
const MOST_LEVELS = 1_000;

/** The first half of the work of a hash, and about half of its time. What is no JSON or too deep has no value. */
export function readPayload(json: string): ReadPayload {
  if (isTooDeep(json)) return {};
  try {
    return { value: parse(json) };
  } catch {
    return {};
  }
}

/** What canonical JSON cannot hold, such as half a surrogate pair, is compared as it is written. */
function canonical(json: string, { value }: ReadPayload): string {
  if (value === undefined) return json;
  try {
    return canonicalize(value) ?? json;
  } catch {
    return json;
  }
}

/** Whether JSON has more levels. Brackets in strings are looked over. */
function isTooDeep(json: string): boolean {
  if (json.length <= MOST_LEVELS) return false;
  let levels = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      for (at += 1; json[at] !== '"' && at < json.length; at += 1) if (json[at] === "\\") at += 1;
    } else if (character === "[" || character === "{") {
      levels += 1;
      if (levels > MOST_LEVELS) return true;
    } else if (character === "]" || character === "}") {
      levels -= 1;
    }
  }
  return false;
}

/** A run of digits or an exponent that a double may not hold. Strings may look so too, which only costs time. */
const LONG_NUMBER = /[\d.]{16}|[eE][+-]?\d{3}/;

/**
 * RFC 8785 takes numbers for doubles, where 2^53 and 2^53 + 1 are the same: two jobs are not. Those are compared as they
 * are written. They are found in the text: a function that `JSON.parse` calls for each value takes a hundred times as
 * long as parsing, and one long number would have it called for all others.
 */
function parse(json: string): unknown {
  // First, so that what is searched is JSON: strings end, and numbers are whole.
  const value: unknown = JSON.parse(json);
  return LONG_NUMBER.test(json)
    ? JSON.parse(json.replace(STRING_OR_LONG_NUMBER, keepInexact))
    : value;
}

/** A whole string, so that no number is looked for in it, or a whole number that LONG_NUMBER finds. */
const STRING_OR_LONG_NUMBER =
  /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:\d[\d.]{15,}(?:[eE][+-]?\d+)?|\d[\d.]*[eE][+-]?\d{3,})/g;

const keepInexact = (source: string): string =>
  source.startsWith('"') || isExact(source, Number(source))
    ? source
    : JSON.stringify(`\0${source}`);

/**
 * Digits that count, of a number's text. Zeros at the end are counted and not matched: an expression begins anew at
 * each zero of a run that does not end the number, and one number of 256 KiB takes it over a minute.
 */
function digitsOf(text: string): string {
  const digits = text.replace(/[eE].*$/, "").replace(/[-.]/g, "");
  let from = 0;
  while (digits[from] === "0") from += 1;
  let to = digits.length;
  while (to > from && digits[to - 1] === "0") to -= 1;
  return digits.slice(from, to);
}

/** Each decimal of up to 15 digits is a double's own; of longer ones those that a double is written as. */
function isExact(source: string, value: number): boolean {
  const digits = digitsOf(source);
  if (!Number.isFinite(value) || (value === 0 && digits !== "")) return false;
  return digits.length <= 15 || digits === digitsOf(String(value));
}
