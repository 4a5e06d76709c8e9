import { create } from "@bufbuild/protobuf";
import type { KeyBudget } from "@millrace/engine";
import { type KeyBudget as KeyBudgetMessage, KeyBudgetSchema } from "@millrace/proto/admin-service";

/** A key's budget as operators see it. A limit that is not set is left out. */
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

/** A key's budget as the engine takes it; undefined if no limit is set. */
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

/** The contract bounds limits far below what a number holds exactly. */
const numberOf = (limit: bigint | undefined) => (limit === undefined ? undefined : Number(limit));
