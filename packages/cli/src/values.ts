import { readFileSync } from "node:fs";
import { type Clock, parseDuration } from "@millrace/shared";
import { InvalidArgumentError } from "commander";

// Parses the values of flags. field-numbers.ts parses the numbers of the contract.

const UINT32_MAX = 2 ** 32 - 1;
/** Removes a limit. */
export const NONE = "none";

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > UINT32_MAX) {
    throw new InvalidArgumentError(`It must be a whole number, at most ${UINT32_MAX}.`);
  }
  return value;
}

/** Parses as `parse` does, or NONE. */
export const orNone =
  <T>(parse: (text: string) => T) =>
  (text: string): T | typeof NONE => {
    if (text === NONE) return NONE;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(`${error.message} "none" removes the limit.`);
    }
  };

export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new InvalidArgumentError(
      "It must be a duration, for example 250ms, 30s, 5m, 24h, 7d, 1h30m.",
    );
  }
  return ms;
}

/** Parses a point in time, or a duration from now. */
export const time =
  (clock: Clock) =>
  (text: string): Date => {
    const ahead = text.startsWith("+") ? parseDuration(text.slice(1)) : undefined;
    if (ahead !== undefined) return new Date(clock.nowMs() + ahead);
    const date = new Date(text);
    // Date accepts more forms. Only those that mean the same everywhere are allowed.
    if (
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ||
      Number.isNaN(date.getTime())
    ) {
      throw new InvalidArgumentError(
        "It must be a time with its zone, such as 2027-01-31T08:00:00Z, or a duration from now, such as +10m.",
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
  const separator = text.indexOf("=");
  if (separator < 1) throw new InvalidArgumentError("It must be NAME=VALUE.");
  return [text.slice(0, separator), text.slice(separator + 1)];
}

/** Parses a JSON object from text, from `@FILE`, or from `@-` for standard input. */
export function jsonObject(text: string): object {
  const json = text.startsWith("@") ? contentOf(text.slice(1)) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new InvalidArgumentError(`It must be a JSON object: ${(error as Error).message}`);
  }
  throw new InvalidArgumentError('It must be a JSON object, such as {"name": "value"}.');
}

function contentOf(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
