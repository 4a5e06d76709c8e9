import { create } from "@bufbuild/protobuf";
import type { BudgetUse as BudgetUseRecord, KeyBudget, KeyUse } from "@millrace/engine";
import { type BudgetUse, BudgetUseSchema } from "@millrace/proto/admin-service";
import { ConstraintKind } from "@millrace/proto/job-service";
import { timestampOf } from "@millrace/runtime";

/** The limit of each kind in a key's budget. */
export const limitOf: Readonly<
  Record<BudgetUseRecord["kind"], (budget: KeyBudget) => number | undefined>
> = {
  KEY_REQUESTS: ({ requestsPerMinute }) => requestsPerMinute,
  KEY_TOKENS: ({ tokensPerMinute }) => tokensPerMinute,
  KEY_DAILY_TOKENS: ({ tokensPerDay }) => tokensPerDay,
  KEY_CONCURRENCY: ({ maxRunning }) => maxRunning,
};

/** How much of a key's limits is used now, as operators see it. */
export const budgetUseMessages = (
  uses: readonly KeyUse[] = [],
  budget: KeyBudget = {},
): BudgetUse[] =>
  uses.flatMap(({ queue, limits }) =>
    limits.map(({ kind, used, clearMs }) =>
      create(BudgetUseSchema, {
        ...{ queue, kind: ConstraintKind[kind], used: BigInt(used) },
        limit: BigInt(limitOf[kind](budget) ?? 0),
        ...(clearMs === undefined ? {} : { clearTime: timestampOf(clearMs) }),
      }),
    ),
  );
