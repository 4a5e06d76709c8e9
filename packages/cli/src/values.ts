import { readFileSync } from "node:fs";
import { type Clock, parseDuration } from "@millrace/shared";
import { InvalidArgumentError } from "commander";

// What may follow a flag. Ranges are the contract's: Millrace names them when they are not kept.

const UINT32_MAX = 2 ** 32 - 1;
const UINT64_MAX = 2n ** 64n - 1n;
/** Takes a limit away. */
export const NONE = "none";

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > UINT32_MAX) {
    throw new InvalidArgumentError(`It is a whole number, ${UINT32_MAX} at most.`);
  }
  return value;
}

export function wholeBigint(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > UINT64_MAX) {
    throw new InvalidArgumentError(`It is a whole number, ${UINT64_MAX} at most.`);
  }
  return BigInt(text);
}

export function decimal(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("It is a number, for example 2 or 0.5.");
  }
  return value;
}

/** As `parse`, or NONE. */
export const orNone =
  <T>(parse: (text: string) => T) =>
  (text: string): T | typeof NONE => {
    if (text === NONE) return NONE;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(`${error.message} "none" takes the limit away.`);
    }
  };

export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new InvalidArgumentError("It is a duration, for example 250ms, 30s, 5m, 24h, 7d, 1h30m.");
  }
  return ms;
}

/** A point in time, or how long from now. */
export const time =
  (clock: Clock) =>
  (text: string): Date => {
    const ahead = text.startsWith("+") ? parseDuration(text.slice(1)) : undefined;
    if (ahead !== undefined) return new Date(clock.nowMs() + ahead);
    const date = new Date(text);
    // Of what Date reads, only what means the same everywhere.
    if (
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ||
      Number.isNaN(date.getTime())
    ) {
      throw new InvalidArgumentError(
        "It is a time with its zone, for example 2027-01-31T08:00:00Z, or from now, for example +10m.",
      );
    }
    return date;
  };

export function list(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export const repeated = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

export function labels(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...before, ...Object.fromEntries([label(text)]) };
}

export function label(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It is NAME=VALUE.");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** JSON text, `@FILE` that holds it, or `@-` for standard input. */
export function jsonObject(text: string): object {
  const json = text.startsWith("@") ? contentOf(text.slice(1)) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new InvalidArgumentError(`It is no JSON: ${(error as Error).message}`);
  }
  throw new InvalidArgumentError('It is JSON, but no object: {"name": "value"}.');
}

function contentOf(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
