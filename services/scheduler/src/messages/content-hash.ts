import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** What a job does. Jobs with equal content may differ in how and when they run. */
export interface Content {
  readonly type: string;
  readonly payloadJson: string;
  readonly documentIds: readonly string[];
  /** The parsed `payloadJson`, if it was parsed before. */
  readonly payload?: ReadPayload | undefined;
}

/** A parsed payload, for canonical JSON. Without a value, the payload's text is compared. */
export interface ReadPayload {
  readonly value?: unknown;
}

/** The prefix of each hash over canonical JSON. Hashes of earlier versions, over the JSON text, have no prefix. */
const CANONICAL = "2:";

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Hashes a job's content so that contents with the same meaning have equal hashes. The payload is hashed as canonical JSON
 * (RFC 8785): the order of members, white space and the notation of strings and numbers do not count. The order of
 * elements and of documents counts.
 */
export function contentHash({ type, payloadJson, documentIds, payload }: Content): string {
  const text = canonical(payloadJson, payload ?? readPayload(payloadJson));
  return CANONICAL + digest(`[${JSON.stringify(type)},${text},${JSON.stringify(documentIds)}]`);
}

/** The hash of versions before canonical JSON, so that what they stored is recognised. */
export const formerContentHash = ({ type, payloadJson, documentIds }: Content): string =>
  digest(JSON.stringify([type, payloadJson, documentIds]));

/**
 * How deep containers may be nested. Canonicalization of deeper JSON would hold every level until the last: 130,000 levels
 * took 70 ms.
 */
const MOST_LEVELS = 1_000;

/**
 * Parses a payload: the first half of hashing, and about half of its time. Text that is no JSON, or too deep, has no
 * value.
 */
export function readPayload(json: string): ReadPayload {
  if (isTooDeep(json)) return {};
  try {
    return { value: parse(json) };
  } catch {
    return {};
  }
}

/** Returns canonical JSON, or the text itself if canonical JSON cannot express it, such as half a surrogate pair. */
function canonical(json: string, { value }: ReadPayload): string {
  if (value === undefined) return json;
  try {
    return canonicalize(value) ?? json;
  } catch {
    return json;
  }
}

/** Whether the JSON has too many levels. Brackets in strings do not count. */
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

/**
 * Matches a number that a double may not hold exactly: many digits, or a long exponent. A match in a string only costs
 * time.
 */
const LONG_NUMBER = /[\d.]{16}|[eE][+-]?\d{3}/;

/**
 * Parses JSON, but keeps numbers as text that a double cannot hold. RFC 8785 treats numbers as doubles, where 2^53 and
 * 2^53 + 1 are equal, but two jobs with these payloads differ. The text is searched for such numbers: a function that
 * `JSON.parse` calls for each value takes a hundred times as long as parsing, and one long number would cause that for all.
 */
function parse(json: string): unknown {
  // Parsing comes first and proves that the text is JSON: strings end, and numbers are whole.
  const value: unknown = JSON.parse(json);
  return LONG_NUMBER.test(json)
    ? JSON.parse(json.replace(STRING_OR_LONG_NUMBER, keepInexact))
    : value;
}

/** Matches a whole string, so that the search skips its content, or a whole number that LONG_NUMBER finds. */
const STRING_OR_LONG_NUMBER =
  /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:\d[\d.]{15,}(?:[eE][+-]?\d+)?|\d[\d.]*[eE][+-]?\d{3,})/g;

const keepInexact = (source: string): string =>
  source.startsWith('"') || isExact(source, Number(source))
    ? source
    : JSON.stringify(`\0${source}`);

/**
 * Returns the significant digits of a number's text. A loop and not a regular expression strips the zeros at the end: an
 * expression would restart at each zero of a run inside the number, which took over a minute for a number of 256 KiB.
 */
function digitsOf(text: string): string {
  const digits = text.replace(/[eE].*$/, "").replace(/[-.]/g, "");
  let from = 0;
  while (digits[from] === "0") from += 1;
  let to = digits.length;
  while (to > from && digits[to - 1] === "0") to -= 1;
  return digits.slice(from, to);
}

/**
 * Whether a double holds the number exactly. It holds each decimal of up to 15 digits; a longer one only if it prints
 * the same digits.
 */
function isExact(source: string, value: number): boolean {
  const digits = digitsOf(source);
  if (!Number.isFinite(value) || (value === 0 && digits !== "")) return false;
  return digits.length <= 15 || digits === digitsOf(String(value));
}
