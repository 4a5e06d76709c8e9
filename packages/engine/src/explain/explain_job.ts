import type { JobId, JobState } from "@millrace/shared";
import type { LeaseRoute } from "../models/contract.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText, rows } from "../redis/reply.ts";

export interface ExplainJobRequest {
  readonly nowMs: number;
  readonly id: JobId;
  readonly defaultTokens: number;
}

/** What a shard knows of why a job waits. A time is undefined if the job need not wait for it. */
export interface WaitFacts {
  readonly state: JobState;
  readonly nextRunMs: number | undefined;
  readonly paused: boolean;
  /** How many jobs of its lane are before it. */
  readonly ahead: number;
  /** The tokens that a lease would reserve for it. */
  readonly tokens: number;
  /** The tokens that its key's own limits would reserve: the whole estimate, as far as the limits allow. */
  readonly heldTokens: number;
  /** JSON, as in budgets/lib/key_limits.lua; "" means no limits. */
  readonly limits: string;
  readonly running: number;
  readonly requests: number;
  readonly tokensUsed: number;
  readonly dayUsed: number;
  readonly requestsClearMs: number | undefined;
  readonly tokensClearMs: number | undefined;
  readonly dayClearMs: number | undefined;
  readonly pool: string;
  readonly governed: boolean;
  /** How many lanes of its band, pool and type have jobs. */
  readonly lanes: number;
  /** How many jobs the shard has leased since `sinceMs`, which is within the last minute. */
  readonly leased: number;
  readonly sinceMs: number | undefined;
  readonly type: string;
  /** True if workers have named their types and none of them serves this type. */
  readonly unnamed: boolean;
  /** True if only a worker that runs nothing else may lease it. */
  readonly suspect: boolean;
  /** The group whose children it waits for, or in which it waits for room; "" if there is none. */
  readonly group: string;
  /** How many children have ended, or are in flight. */
  readonly groupUsed: number;
  /** How many children there are, or may be in flight. */
  readonly groupLimit: number;
  /** How many jobs of its key run in its pool. */
  readonly inPool: number;
  /** For a job of a model: its routes, in the order in which a lease tries them. */
  readonly routes: readonly RouteFacts[];
}

export interface RouteFacts extends LeaseRoute {
  /** Whether the account is declared. */
  readonly governed: boolean;
  /** The tokens that a lease would reserve of the account. */
  readonly tokens: number;
  /** Whether the job has failed on the account. */
  readonly failed: boolean;
}

/** Reads the routes of a reply. */
export const routeFacts = (routes: unknown): readonly RouteFacts[] =>
  rows(routes, 5).map(([account, model, governed, tokens, failed]) => ({
    ...{ account: asText(account), model: asText(model), tokens: asNumber(tokens) },
    ...{ governed: asNumber(governed) === 1, failed: asNumber(failed) === 1 },
  }));

export const explainJob = defineScript<ExplainJobRequest, WaitFacts | undefined>(import.meta.url, {
  name: "explain_job",
  argv: ["now_ms", "id", "default_tokens"],
  encode: ({ nowMs, id, defaultTokens }) => [nowMs, id, defaultTokens],
  decode(reply) {
    const [state, nextRun, paused, ahead, tokens, held, limits, running, requests, used, ...rest] =
      asList(reply);
    if (state === "NONE") return undefined;
    const [
      day,
      requestsClear,
      tokensClear,
      dayClear,
      pool,
      governed,
      lanes,
      leased,
      since,
      type,
      unnamed,
      suspect,
      group,
      groupUsed,
      groupLimit,
      inPool,
      routes,
    ] = rest;
    return {
      state: asText(state) as JobState,
      nextRunMs: asOptionalNumber(nextRun),
      paused: asNumber(paused) === 1,
      ahead: asNumber(ahead),
      tokens: asNumber(tokens),
      heldTokens: asNumber(held),
      limits: asText(limits),
      running: asNumber(running),
      requests: asNumber(requests),
      tokensUsed: asNumber(used),
      dayUsed: asNumber(day),
      requestsClearMs: asOptionalNumber(requestsClear),
      tokensClearMs: asOptionalNumber(tokensClear),
      dayClearMs: asOptionalNumber(dayClear),
      pool: asText(pool),
      governed: asNumber(governed) === 1,
      lanes: asNumber(lanes),
      leased: asNumber(leased),
      sinceMs: asOptionalNumber(since),
      type: asText(type),
      unnamed: asNumber(unnamed) === 1,
      suspect: asNumber(suspect) === 1,
      group: asText(group),
      groupUsed: asNumber(groupUsed),
      groupLimit: asNumber(groupLimit),
      inPool: asNumber(inPool),
      routes: routeFacts(routes),
    };
  },
});
