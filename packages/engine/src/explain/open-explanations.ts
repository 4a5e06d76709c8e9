import { type JobId, type KeyId, parseJobId } from "@millrace/shared";
import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { KeyBudgets, KeyTotal } from "../budgets/contract.ts";
import { parseBudget } from "../budgets/stored-budgets.ts";
import type { LeaseSettings } from "../leases/contract.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { Explanations } from "./contract.ts";
import { type AccountStates, explanationOf, overAllQueues } from "./explain.ts";
import { explainJob, type WaitFacts } from "./explain_job.ts";
import { readWaits } from "./read_waits.ts";
import { queueWaits } from "./waits.ts";

/** How many lanes of each class, and how many held lanes, a reading of what jobs wait for looks at. */
const SAMPLED_LANES = 128;

export interface ExplanationsParts extends EngineParts<LeaseSettings> {
  readonly accounts: Pick<ProviderAccountRegistry, "get">;
  readonly keyBudgets: Pick<KeyBudgets, "total">;
}

/** The declared accounts that may hold a job. */
export const governedOf = ({ governed, pool, routes }: WaitFacts): readonly string[] => [
  ...(governed ? [pool] : []),
  ...routes.flatMap((route) => (route.governed ? [route.account] : [])),
];

/** What the accounts of these names report. */
export async function accountStates(
  accounts: ExplanationsParts["accounts"],
  names: readonly string[],
): Promise<AccountStates> {
  const status = [...new Set(names)].map(async (name) => [name, await accounts.get(name)] as const);
  return new Map(await Promise.all(status));
}

/** What a key with a budget uses, in all queues. */
export const totalOf = async (
  keyBudgets: ExplanationsParts["keyBudgets"],
  { limits }: Pick<WaitFacts, "limits">,
  keyId: KeyId,
): Promise<KeyTotal | undefined> => (limits === "" ? undefined : await keyBudgets.total(keyId));

function ownerOf(id: JobId) {
  const parts = parseJobId(id);
  return { queue: parts?.queue ?? "", keyId: (parts?.keyId ?? "") as KeyId };
}

export function openExplanations({
  redis,
  clock,
  shards,
  accounts,
  keyBudgets,
}: ExplanationsParts): Explanations {
  const statusOf = (names: readonly string[]) => accountStates(accounts, names);
  return {
    async explain(id) {
      const shard = await shards.ofJob(id);
      if (shard === undefined) return undefined;
      const { defaultEstimatedTokens: defaultTokens } = shard.definition;
      const request = { nowMs: clock.nowMs(), id, defaultTokens };
      const facts = await explainJob.run(redis, shard.base, request);
      if (facts === undefined) return undefined;
      const status = await statusOf(governedOf(facts));
      const owner = ownerOf(id);
      const budget = parseBudget(facts.limits);
      const total = await totalOf(keyBudgets, facts, owner.keyId);
      return explanationOf(owner, overAllQueues(facts, budget, total), budget, status);
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
