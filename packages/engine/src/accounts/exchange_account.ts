import type { ConstraintKind } from "../lanes/contract.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText } from "../redis/reply.ts";
import type { SliceReport } from "./close_slice.ts";

export interface ExchangeAccountRequest extends SliceReport {
  readonly nowMs: number;
  /** Names the shard: the beginning of its keys. */
  readonly shard: string;
  readonly wantRequests: number;
  readonly wantTokens: number;
  /** The tokens that the next job takes. */
  readonly leastTokens: number;
}

/** A slice of an account; without requests, it is a refusal. */
export interface Grant {
  readonly version: number;
  readonly requests: number;
  readonly tokens: number;
  readonly allowed: number;
  readonly second: number;
  readonly untilMs: number;
  /** The most tokens that one job can reserve; "" means no limit. */
  readonly most: string;
  /** 1 if other shards use the account, or want to. */
  readonly shared: number;
  /** Names the probe that the slice is for; "" if it is for none. */
  readonly probe: string;
}

export interface AccountAnswer {
  /** Absent while the account is being removed or created. */
  readonly grant?: Grant;
  /** When to ask again, if that is known. */
  readonly retryMs?: number;
  /** The constraint that held the account; "" if none did. */
  readonly why: ConstraintKind | "";
}

export interface GivenAnswer extends AccountAnswer {
  readonly grant: Grant;
  /** How the account's state has changed by itself. */
  readonly change?: "HalfOpen" | "Closed";
}

/** Returns undefined if no account has this generation. */
export const exchangeAccount = defineScript<ExchangeAccountRequest, GivenAnswer | undefined>(
  import.meta.url,
  {
    name: "exchange_account",
    argv: [
      ...["now_ms", "shard", "generation", "version", "running", "succeeded"],
      ...["success_second", "success_ms", "probe_ended"],
      ...["want_requests", "want_tokens", "least_tokens"],
    ],
    perItem: ["second", "tokens", "requests"],
    encode: ({ nowMs, shard, generation, version, running, corrections, ...rest }) => [
      ...[nowMs, shard, generation, version, running],
      ...[rest.succeeded, rest.successSecond, rest.successMs, rest.probeEnded],
      ...[rest.wantRequests, rest.wantTokens, rest.leastTokens, ...corrections],
    ],
    decode(reply) {
      const [word, ...granted] = asList(reply);
      if (word === "GONE") return undefined;
      const [version, requests, tokens, allowed, second, untilMs, most, retry, why, ...rest] =
        granted;
      const [shared, probe, change] = rest;
      const retryMs = asOptionalNumber(retry);
      return {
        grant: {
          version: asNumber(version),
          requests: asNumber(requests),
          tokens: asNumber(tokens),
          allowed: asNumber(allowed),
          second: asNumber(second),
          untilMs: asNumber(untilMs),
          most: asText(most),
          // An earlier version stored grants without this word.
          shared: shared === undefined ? 0 : asNumber(shared),
          probe: asText(probe),
        },
        ...(retryMs === undefined ? {} : { retryMs }),
        why: asText(why) as AccountAnswer["why"],
        ...(change === "HalfOpen" || change === "Closed" ? { change } : {}),
      };
    },
  },
);
