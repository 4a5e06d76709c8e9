import { create } from "@bufbuild/protobuf";
import type { KeyBudget } from "@millrace/engine";
import { type KeyBudget as KeyBudgetMessage, KeyBudgetSchema } from "@millrace/proto/admin-service";

/** What a key may use, as operators see it: no limits, no fields. */
export const budgetMessage = ({
  tokensPerMinute,
  tokensPerDay,
  maxStoredBytes,
  ...rest
}: KeyBudget): KeyBudgetMessage =>
  create(KeyBudgetSchema, {
    ...rest,
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute: BigInt(tokensPerMinute) }),
    ...(tokensPerDay === undefined ? {} : { tokensPerDay: BigInt(tokensPerDay) }),
    ...(maxStoredBytes === undefined ? {} : { maxStoredBytes: BigInt(maxStoredBytes) }),
  });

/** What the engine is to hold a key to; undefined if that is nothing. */
export function budgetOf(message: KeyBudgetMessage): KeyBudget | undefined {
  const { weight, requestsPerMinute, tokensPerMinute, tokensPerDay } = message;
  const { maxRunning, maxQueued, maxPriority, maxStoredBytes } = message;
  const limits = {
    weight,
    requestsPerMinute,
    tokensPerMinute: numberOf(tokensPerMinute),
    tokensPerDay: numberOf(tokensPerDay),
    maxRunning,
    maxQueued,
    maxPriority,
    maxStoredBytes: numberOf(maxStoredBytes),
  };
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The contract's limits are far below what a number holds exactly. */
const numberOf = (limit: bigint | undefined) => (limit === undefined ? undefined : Number(limit));
