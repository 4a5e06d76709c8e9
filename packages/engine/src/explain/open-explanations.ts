import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { KeyBudgets } from "../budgets/contract.ts";
import { parseBudget } from "../budgets/stored-budgets.ts";
import type { LeaseSettings } from "../leases/contract.ts";
import { keyOfJob } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { Explanations } from "./contract.ts";
import { explanationOf, overAllQueues } from "./explain.ts";
import { explainJob } from "./explain_job.ts";
import { readWaits } from "./read_waits.ts";
import { queueWaits } from "./waits.ts";

/** How many lanes of each class, and how many held lanes, a reading of what jobs wait for looks at. */
const SAMPLED_LANES = 128;

export interface ExplanationsParts extends EngineParts<LeaseSettings> {
  readonly accounts: Pick<ProviderAccountRegistry, "get">;
  readonly keyBudgets: Pick<KeyBudgets, "total">;
}

export function openExplanations({
  redis,
  clock,
  shards,
  accounts,
  keyBudgets,
}: ExplanationsParts): Explanations {
  const statusOf = async (names: readonly string[]) => {
    const status = [...new Set(names)].map(
      async (name) => [name, await accounts.get(name)] as const,
    );
    return new Map(await Promise.all(status));
  };
  return {
    async explain(id) {
      const shard = await shards.ofJob(id);
      if (shard === undefined) return undefined;
      const { defaultEstimatedTokens: defaultTokens } = shard.definition;
      const request = { nowMs: clock.nowMs(), id, defaultTokens };
      const facts = await explainJob.run(redis, shard.base, request);
      if (facts === undefined) return undefined;
      const named = facts.governed ? [facts.pool] : [];
      const routed = facts.routes.flatMap(({ governed, account }) => (governed ? [account] : []));
      const status = await statusOf([...named, ...routed]);
      const budget = parseBudget(facts.limits);
      const keyId = keyOfJob(id);
      const total = facts.limits === "" ? undefined : await keyBudgets.total(keyId);
      return explanationOf(id, overAllQueues(facts, budget, total), budget, status);
    },
    async waits(queue) {
      const read = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base, definition }) =>
          readWaits.run(redis, base, {
            nowMs: clock.nowMs(),
            defaultTokens: definition.defaultEstimatedTokens,
            sample: SAMPLED_LANES,
          }),
        ),
      );
      const names = read.flatMap(({ pools }) =>
        pools.flatMap(({ pool, governed, routes }) => [
          ...(governed ? [pool] : []),
          ...(routes ?? []).flatMap((route) => (route.governed ? [route.account] : [])),
        ]),
      );
      return queueWaits(read, await statusOf(names));
    },
  };
}
