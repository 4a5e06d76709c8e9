import { create } from "@bufbuild/protobuf";
import { type KeyBudget, KeyBudgetSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { fieldBigint, fieldDecimal, fieldNumber } from "../field-numbers.ts";
import { NONE, orNone } from "../values.ts";

/** The limits that flags give. NONE removes a limit. */
export interface BudgetOptions {
  readonly requestsPerMinute?: number | typeof NONE;
  readonly tokensPerMinute?: bigint | typeof NONE;
  readonly tokensPerDay?: bigint | typeof NONE;
  readonly maxRunning?: number | typeof NONE;
  readonly maxQueued?: number | typeof NONE;
  readonly maxPriority?: number | typeof NONE;
  readonly maxStoredBytes?: bigint | typeof NONE;
  readonly weight?: number | typeof NONE;
}

const fields = [
  "requestsPerMinute",
  "tokensPerMinute",
  "tokensPerDay",
  "maxRunning",
  "maxQueued",
  "maxPriority",
  "maxStoredBytes",
  "weight",
] as const satisfies readonly (keyof BudgetOptions)[];

export const budgetOptions = (command: Command): Command =>
  command
    .option(
      "--requests-per-minute <count>",
      "attempts that may start in any 60 s",
      orNone(fieldNumber(KeyBudgetSchema.field.requestsPerMinute)),
    )
    .option(
      "--tokens-per-minute <count>",
      "tokens that may be reserved in any 60 s",
      orNone(fieldBigint(KeyBudgetSchema.field.tokensPerMinute)),
    )
    .option(
      "--tokens-per-day <count>",
      "tokens that may be reserved in any 24 h",
      orNone(fieldBigint(KeyBudgetSchema.field.tokensPerDay)),
    )
    .option(
      "--max-running <count>",
      "jobs that may run at once",
      orNone(fieldNumber(KeyBudgetSchema.field.maxRunning)),
    )
    .option(
      "--max-queued <count>",
      "jobs that may wait; more are refused",
      orNone(fieldNumber(KeyBudgetSchema.field.maxQueued)),
    )
    .option(
      "--max-priority <1-100>",
      "the most urgent priority of the key's jobs; more urgent jobs are refused",
      orNone(fieldNumber(KeyBudgetSchema.field.maxPriority)),
    )
    .option(
      "--max-stored-bytes <count>",
      "bytes that the key's jobs in a queue, and its documents, may take; more are refused",
      orNone(fieldBigint(KeyBudgetSchema.field.maxStoredBytes)),
    )
    .option(
      "--weight <number>",
      "the key's share, next to other keys; default 1",
      orNone(fieldDecimal(KeyBudgetSchema.field.weight)),
    );

/** Returns the budget with the limits that the flags give, or undefined if they give none. */
export function changedBudget(
  budget: KeyBudget | undefined,
  options: BudgetOptions,
): KeyBudget | undefined {
  if (fields.every((field) => options[field] === undefined)) return undefined;
  const limits = fields.flatMap((field) => {
    const value = options[field] ?? budget?.[field];
    return value === undefined || value === NONE ? [] : [[field, value]];
  });
  return create(KeyBudgetSchema, Object.fromEntries(limits));
}

export const budgetHead: string[] = [
  "REQ/MIN",
  "TOK/MIN",
  "TOK/DAY",
  "RUNNING",
  "QUEUED",
  "PRIORITY",
  "BYTES",
  "WEIGHT",
];

/** The cells under budgetHead. */
export const budgetCells = (budget: KeyBudget | undefined): string[] =>
  fields.map((field) => String(budget?.[field] ?? "-"));
