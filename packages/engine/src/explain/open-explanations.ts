import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import { parseBudget } from "../budgets/key-budgets.ts";
import type { LeaseSettings } from "../leases/contract.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { Explanations } from "./contract.ts";
import { explanationOf } from "./explain.ts";
import { explainJob } from "./explain_job.ts";

export interface ExplanationsParts extends EngineParts<LeaseSettings> {
  readonly accounts: Pick<ProviderAccountRegistry, "get">;
}

export function openExplanations({
  redis,
  clock,
  shards,
  accounts,
}: ExplanationsParts): Explanations {
  return {
    async explain(id) {
      const shard = await shards.ofJob(id);
      if (shard === undefined) return undefined;
      const { defaultEstimatedTokens: defaultTokens } = shard.definition;
      const request = { nowMs: clock.nowMs(), id, defaultTokens };
      const facts = await explainJob.run(redis, shard.base, request);
      if (facts === undefined) return undefined;
      const account = facts.governed ? await accounts.get(facts.pool) : undefined;
      return explanationOf(id, facts, parseBudget(facts.limits), account);
    },
  };
}
