import type { KeyId } from "@millrace/shared";
import { routeFacts, type WaitFacts } from "../explain/explain_job.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText } from "../redis/reply.ts";

export interface QuoteJobRequest {
  readonly nowMs: number;
  readonly keyId: KeyId;
  readonly defaultTokens: number;
  /** The lane for all types. */
  readonly lane: string;
  readonly type: string;
  readonly priority: number;
  readonly estimatedTokens: number | undefined;
  /** How many lanes of other keys are looked at. */
  readonly sample: number;
}

export interface QuoteFacts extends WaitFacts {
  readonly otherLanes: readonly number[];
}

export const quoteJob = defineScript<QuoteJobRequest, QuoteFacts>(import.meta.url, {
  name: "quote_job",
  argv: ["now_ms", "key", "default_tokens", "lane", "job_type", "priority", "est", "sample"],
  encode: ({ nowMs, keyId, defaultTokens, lane, type, priority, estimatedTokens, sample }) => [
    ...[nowMs, keyId, defaultTokens, lane, type, priority, estimatedTokens ?? "", sample],
  ],
  decode(reply, { type }) {
    const [paused, ahead, tokens, held, limits, running, requests, used, day, ...rest] =
      asList(reply);
    const [requestsClear, tokensClear, dayClear, pool, governed, lanes, ...more] = rest;
    const [leased, since, unnamed, inPool, routes, jobs] = more;
    return {
      state: "QUEUED",
      nextRunMs: undefined,
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
      type,
      unnamed: asNumber(unnamed) === 1,
      suspect: false,
      ...{ group: "", groupUsed: 0, groupLimit: 0 },
      inPool: asNumber(inPool),
      routes: routeFacts(routes),
      otherLanes: asList(jobs).map(asNumber),
    };
  },
});
