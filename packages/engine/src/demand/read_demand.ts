import { routesOf } from "../explain/read_waits.ts";
import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asOptionalNumber, asText, rows } from "../redis/reply.ts";

export interface ReadDemandRequest {
  readonly nowMs: number;
  readonly defaultTokens: number;
  readonly sample: number;
}

/** The work of a pool in one shard. */
export interface ShardPoolDemand {
  readonly pool: string;
  /** Whether the pool is a provider account. */
  readonly governed: boolean;
  /** Jobs that the limits of their keys have room for. */
  readonly readyJobs: number;
  /** The least tokens that one of them would reserve of the account. */
  readonly leastTokens: number;
  readonly running: number;
  /** The accounts of its routes in order, if it is the lane of a model (lanePool). Empty: the catalogue has no such model. */
  readonly routes?: readonly { readonly account: string; readonly governed: boolean }[];
}

export interface ShardDemand {
  readonly paused: boolean;
  readonly pools: readonly ShardPoolDemand[];
}

export const readDemand = defineScript<ReadDemandRequest, ShardDemand>(import.meta.url, {
  name: "read_demand",
  argv: ["now_ms", "default_tokens", "sample"],
  encode: ({ nowMs, defaultTokens, sample }) => [nowMs, defaultTokens, sample],
  decode(reply) {
    const [, paused, pools] = asList(reply);
    return {
      paused: asNumber(paused) === 1,
      pools: rows(pools, 6).map(([pool, governed, ready, least, running, routes]) => ({
        pool: asText(pool),
        governed: asNumber(governed) === 1,
        readyJobs: asNumber(ready),
        leastTokens: asOptionalNumber(least) ?? 0,
        running: asNumber(running),
        ...routesOf(asText(pool), routes),
      })),
    };
  },
});
