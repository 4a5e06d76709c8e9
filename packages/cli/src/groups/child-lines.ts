import { readFileSync } from "node:fs";
import type { NewChild } from "@millrace/client";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** For the help of commands that read children. */
export const childLinesHelp = `
FILE has one job a line, as JSON: {"type": "chat", "payload": {…}}. A job may also have documentIds, priority, pool,
model, estimatedTokens, idempotencyKey and labels. With --type, each line is only the payload of a job of that type.`;

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a job in a line may have. The server checks the values. */
const members: Readonly<Record<string, readonly [is: (value: unknown) => boolean, what: string]>> =
  {
    type: [isText, "a text"],
    payload: [isObject, "an object"],
    documentIds: [(value) => Array.isArray(value) && value.every(isText), "a list of texts"],
    priority: [isNumber, "a whole number"],
    pool: [isText, "a text"],
    model: [isText, "a text"],
    estimatedTokens: [isNumber, "a whole number"],
    idempotencyKey: [isText, "a text"],
    labels: [(value) => isObject(value) && Object.values(value).every(isText), "texts by name"],
  };

/** Reads children from a file, or from standard input for `-`. With `type` each line is a payload. */
export function childrenIn(path: string, type: string | undefined): NewChild[] {
  const children: NewChild[] = [];
  for (const [index, line] of contentOf(path).split("\n").entries()) {
    if (line.trim() === "") continue;
    const problem = (text: string) =>
      new Failure(
        exitCodes.usage,
        `Line ${index + 1} of ${path === "-" ? "the input" : path} ${text}`,
      );
    const value = parsed(line, problem);
    children.push(type === undefined ? childOf(value, problem) : { type, payload: value });
  }
  return children;
}

type Problem = (text: string) => Failure;

function parsed(line: string, problem: Problem): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw problem(`is not valid JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw problem('is not a JSON object, such as {"type": "chat"}.');
  return value;
}

function childOf(value: Readonly<Record<string, unknown>>, problem: Problem): NewChild {
  for (const [name, member] of Object.entries(value)) {
    const [is, what] = members[name] ?? [];
    if (is === undefined) {
      throw problem(`has "${name}". A job has: ${Object.keys(members).join(", ")}.`);
    }
    if (!is(member)) throw problem(`has a wrong "${name}": it must be ${what}.`);
  }
  if (value.type === undefined) throw problem('has no "type". Add it, or use --type.');
  return value as unknown as NewChild;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new Failure(
      exitCodes.usage,
      `${path} cannot be read: ${(error as Error).message}`,
      error,
    );
  }
}
