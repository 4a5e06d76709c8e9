import type { KeyId } from "@millrace/shared";
import type { ProviderAccountStatus } from "../accounts/contract.ts";
import type { Clears } from "../accounts/provider-accounts.ts";
import type { InternalLimits, KeyBudget, KeyTotal, WindowTotal } from "../budgets/contract.ts";
import { modelOfLanePool } from "../redis/keys.ts";
import type { Constraint, Explanation, RouteExplanation } from "./contract.ts";
import type { RouteFacts, WaitFacts } from "./explain_job.ts";

/** The declared accounts, by name. */
export type AccountStates = ReadonlyMap<string, (ProviderAccountStatus & Clears) | undefined>;

/**
 * The facts with what the key uses in all queues, because its limits hold over all of them. Not in internal queues, which have
 * limits of their own.
 */
export function overAllQueues(
  facts: WaitFacts,
  budget: KeyBudget & Partial<InternalLimits>,
  total: KeyTotal | undefined,
): WaitFacts {
  if (total === undefined || budget.maxRunningPerPool !== undefined) return facts;
  const clear = ({ used, clearMs }: WindowTotal, limit: number | undefined, needed: number) => {
    const excess = used + Math.min(needed, limit ?? needed) - (limit ?? Number.POSITIVE_INFINITY);
    return excess > 0 ? clearMs(excess) : undefined;
  };
  const { requests, tokens, dayTokens, running } = total;
  return {
    ...facts,
    ...{ running, requests: requests.used, tokensUsed: tokens.used, dayUsed: dayTokens.used },
    requestsClearMs: clear(requests, budget.requestsPerMinute, 1),
    tokensClearMs: clear(tokens, budget.tokensPerMinute, facts.heldTokens),
    dayClearMs: clear(dayTokens, budget.tokensPerDay, facts.heldTokens),
  };
}

/**
 * The constraints of a waiting job, from what its shard and its provider account report. It lists all that hold the job
 * now, not only the first: a caller who raises one limit must not meet the next one only then.
 */
export function explanationOf(
  { queue, keyId }: { readonly queue: string; readonly keyId: KeyId },
  facts: WaitFacts,
  budget: KeyBudget & Partial<InternalLimits>,
  accounts: AccountStates,
): Explanation {
  const { state, ahead, lanes, leased, sinceMs } = facts;
  const waits = state === "QUEUED" || state === "SCHEDULED";
  const model = modelOfLanePool(facts.pool);
  const routes = facts.routes.map((route) => routeExplanation(route, accounts));
  const ofAccounts = model === undefined ? ofPool(facts, accounts) : ofModel(model, routes);
  const constraints = waits
    ? [
        ...scheduled(facts),
        ...ofRoom(facts),
        ...paused(facts, queue),
        ...ofKey(facts, budget, keyId),
        ...ofAccounts,
        ...(state === "QUEUED" && ahead > 0
          ? [{ kind: "LANE_ORDER", subject: keyId, needed: ahead } as const]
          : []),
      ]
    : ofChildren(facts);
  // No worker could take the job, or nothing holds it although no worker has taken it.
  if (state === "QUEUED" && (facts.unnamed || facts.suspect || constraints.length === 0)) {
    const subject = facts.pool === "" ? queue : (model ?? facts.pool);
    const none = facts.unnamed ? { noneServesType: true as const } : {};
    const alone = facts.suspect ? { alone: true as const } : {};
    constraints.push({ kind: "NO_FREE_WORKER", subject, jobType: facts.type, ...none, ...alone });
  }
  constraints.sort((a, b) => (b.clearMs ?? Infinity) - (a.clearMs ?? Infinity));
  const pace = sinceMs === undefined ? {} : { leasedLately: { jobs: leased, sinceMs } };
  return {
    state,
    type: facts.type,
    pool: model === undefined ? facts.pool : "",
    ...(model === undefined ? {} : { model, routes }),
    constraints,
    aheadInLane: waits ? ahead : 0,
    lanes,
    ...pace,
  };
}

function ofPool({ pool, tokens }: WaitFacts, accounts: AccountStates): readonly Constraint[] {
  const account = accounts.get(pool);
  return account === undefined ? [] : accountConstraints({ pool, tokens }, account);
}

/** What holds every route of a model. One open route is enough. */
function ofModel(model: string, routes: readonly RouteExplanation[]): readonly Constraint[] {
  if (routes.length === 0) return [{ kind: "NO_ROUTE", subject: model }];
  if (routes.some(({ constraints }) => constraints.length === 0)) return [];
  return routes.flatMap(({ constraints }) => constraints);
}

function routeExplanation(
  { account, model, tokens, failed }: RouteFacts,
  accounts: AccountStates,
): RouteExplanation {
  const status = accounts.get(account);
  const constraints =
    status === undefined ? [] : accountConstraints({ pool: account, tokens }, status);
  return { account, model, constraints, failed };
}

const scheduled = ({ nextRunMs }: WaitFacts): Constraint[] =>
  nextRunMs === undefined ? [] : [{ kind: "SCHEDULED", subject: "", clearMs: nextRunMs }];

const ofChildren = ({ state, group, groupUsed, groupLimit }: WaitFacts): Constraint[] =>
  state === "WAITING"
    ? [{ kind: "CHILDREN", subject: group, limit: groupLimit, used: groupUsed }]
    : [];

const ofRoom = ({ group, groupUsed, groupLimit }: WaitFacts): Constraint[] =>
  group === ""
    ? []
    : [{ kind: "GROUP_IN_FLIGHT", subject: group, limit: groupLimit, used: groupUsed, needed: 1 }];

const paused = (facts: WaitFacts, queue: string): Constraint[] =>
  facts.paused ? [{ kind: "QUEUE_PAUSED", subject: queue }] : [];

function ofKey(
  facts: WaitFacts,
  budget: KeyBudget & Partial<InternalLimits>,
  keyId: KeyId,
): Constraint[] {
  const found: Constraint[] = [];
  const rate = (
    kind: Constraint["kind"],
    limit: number | undefined,
    used: number,
    needed: number,
    clearMs: number | undefined,
  ) => {
    if (limit === undefined || clearMs === undefined) return;
    // A job that needs more than the limit can ever give reserves the whole limit.
    found.push({ kind, subject: keyId, limit, used, needed: Math.min(needed, limit), clearMs });
  };
  const { requestsPerMinute, tokensPerMinute, tokensPerDay, maxRunning } = budget;
  const { maxRunningPerPool } = budget;
  const { heldTokens, running, inPool } = facts;
  rate("KEY_REQUESTS", requestsPerMinute, facts.requests, 1, facts.requestsClearMs);
  rate("KEY_TOKENS", tokensPerMinute, facts.tokensUsed, heldTokens, facts.tokensClearMs);
  rate("KEY_DAILY_TOKENS", tokensPerDay, facts.dayUsed, heldTokens, facts.dayClearMs);
  if (maxRunning !== undefined && running >= maxRunning) {
    const slots = { limit: maxRunning, used: running, needed: 1 };
    found.push({ kind: "KEY_CONCURRENCY", subject: keyId, ...slots });
  } else if (maxRunningPerPool !== undefined && inPool >= maxRunningPerPool) {
    const slots = { limit: maxRunningPerPool, used: inPool, needed: 1 };
    found.push({ kind: "KEY_CONCURRENCY", subject: facts.pool, ...slots });
  }
  return found;
}

/** What of a provider account holds a job of its pool that would reserve `tokens`. */
export function accountConstraints(
  { pool: subject, tokens }: Pick<WaitFacts, "pool" | "tokens">,
  status: ProviderAccountStatus & Clears,
): Constraint[] {
  const found: Constraint[] = [];
  const { requestsPerMinute, tokensPerMinute } = status.account;
  if (status.state === "EXHAUSTED") found.push({ kind: "PROVIDER_EXHAUSTED", subject });
  if (status.state === "COOLING_DOWN" || status.state === "HALF_OPEN") {
    const until = status.coolUntilMs === undefined ? {} : { clearMs: status.coolUntilMs };
    const kind = status.coolDownReason === "failed" ? "PROVIDER_DOWN" : "PROVIDER_COOLDOWN";
    const since = status.coolDownSinceMs === undefined ? {} : { sinceMs: status.coolDownSinceMs };
    found.push({ kind, subject, ...until, ...since });
  }
  const rate = (
    kind: Constraint["kind"],
    limit: number | undefined,
    used: number,
    needed: number,
    clearMs: number | undefined,
  ) => {
    if (limit === undefined || used + Math.min(needed, limit) <= limit) return;
    const clears = clearMs === undefined ? {} : { clearMs };
    found.push({ kind, subject, limit, used, needed: Math.min(needed, limit), ...clears });
  };
  const { requestsUsed, tokensUsed, requestsClearMs, tokensClearMs } = status;
  rate("PROVIDER_REQUESTS", requestsPerMinute, requestsUsed, 1, requestsClearMs);
  rate("PROVIDER_TOKENS", tokensPerMinute, tokensUsed, tokens, tokensClearMs);
  if (status.runningLimit !== undefined && status.running >= status.runningLimit) {
    const slots = { limit: status.runningLimit, used: status.running, needed: 1 };
    found.push({ kind: "PROVIDER_CONCURRENCY", subject, ...slots });
  }
  return found;
}
