import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** What a job does: how and when it is run may differ. */
export interface Content {
  readonly type: string;
  readonly payloadJson: string;
  readonly documentIds: readonly string[];
}

/** Begins each hash over canonical JSON. The hashes of earlier versions, over JSON as it came, begin with nothing. */
const CANONICAL = "2:";

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

/**
 * Equal for contents that mean the same: the payload's canonical JSON (RFC 8785) is hashed, so neither the order of
 * members, nor white space, nor the way a string or a number is written counts. The order of elements and of
 * documents does.
 */
export const contentHash = ({ type, payloadJson, documentIds }: Content): string =>
  CANONICAL +
  digest(`[${JSON.stringify(type)},${canonical(payloadJson)},${JSON.stringify(documentIds)}]`);

/** As versions before canonical JSON stored it: what they stored is to be known again. */
export const formerContentHash = ({ type, payloadJson, documentIds }: Content): string =>
  digest(JSON.stringify([type, payloadJson, documentIds]));

/** What canonical JSON cannot hold, such as half a surrogate pair, is compared as it is written. */
function canonical(json: string): string {
  try {
    return canonicalize(parse(json)) ?? json;
  } catch {
    return json;
  }
}

/** A run of digits or an exponent that a double may not hold. Strings may look so too, which only costs time. */
const LONG_NUMBER = /[\d.]{16}|[eE][+-]?\d{3}/;

/** RFC 8785 takes numbers for doubles, where 2^53 and 2^53 + 1 are the same: two jobs are not. Those are compared as they are written. */
const parse = (json: string): unknown =>
  LONG_NUMBER.test(json) ? JSON.parse(json, keepInexact) : JSON.parse(json);

const keepInexact = (
  _: string,
  value: unknown,
  { source = "" }: { source?: string } = {},
): unknown => (typeof value === "number" && !isExact(source, value) ? `\0${source}` : value);

/** Digits that count, of a number's text. */
const digitsOf = (text: string): string =>
  text
    .replace(/[eE].*$/, "")
    .replace(/[-.]/g, "")
    .replace(/^0+|0+$/g, "");

/** Each decimal of up to 15 digits is a double's own; of longer ones those that a double is written as. */
function isExact(source: string, value: number): boolean {
  const digits = digitsOf(source);
  if (!Number.isFinite(value) || (value === 0 && digits !== "")) return false;
  return digits.length <= 15 || digits === digitsOf(String(value));
}
