import { parseBudget } from "../budgets/stored-budgets.ts";
import { explanationOf, overAllQueues } from "../explain/explain.ts";
import {
  accountStates,
  type ExplanationsParts,
  governedOf,
  totalOf,
} from "../explain/open-explanations.ts";
import { laneId, lanePool, shardIndex } from "../redis/keys.ts";
import type { Quotes } from "./contract.ts";
import { quoteJob } from "./quote_job.ts";
import { readRuns } from "./read_runs.ts";

/** How many lanes of other keys a quote looks at. */
const SAMPLED_LANES = 128;
/** How many past runs a quote reads. */
const MOST_RUNS = 256;

export function openQuotes(parts: ExplanationsParts): Quotes {
  const { redis, clock, shards, accounts, keyBudgets } = parts;
  const shardOf = async (queue: Parameters<typeof shards.ofQueue>[0], keyId: string) => {
    const all = await shards.ofQueue(queue);
    return all.length < 2 ? all[0] : all[shardIndex(keyId, all.length)];
  };
  return {
    async placement(place) {
      const { queue, keyId, type, priority, estimatedTokens } = place;
      const shard = await shardOf(queue, keyId);
      if (shard === undefined) return undefined;
      const found = await quoteJob.run(redis, shard.base, {
        ...{ nowMs: clock.nowMs(), keyId, type, priority, estimatedTokens },
        defaultTokens: shard.definition.defaultEstimatedTokens,
        lane: laneId(keyId, priority, lanePool(place)),
        sample: SAMPLED_LANES,
      });
      const states = await accountStates(accounts, governedOf(found));
      const budget = parseBudget(found.limits);
      const facts = overAllQueues(found, budget, await totalOf(keyBudgets, found, keyId));
      const { requests, tokensUsed: tokens, dayUsed: dayTokens, running } = facts;
      return {
        explanation: explanationOf({ queue, keyId }, facts, budget, states),
        ...{ budget, reservedTokens: facts.heldTokens },
        used: { requests, tokens, dayTokens, running },
        otherLanes: found.otherLanes,
      };
    },
    async pastRuns(queue, keyId) {
      const shard = await shardOf(queue, keyId);
      return shard === undefined ? [] : readRuns.run(redis, shard.base, { most: MOST_RUNS });
    },
  };
}
