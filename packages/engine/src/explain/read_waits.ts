import type { KeyId } from "@millrace/shared";
import type { ConstraintKind } from "../lanes/contract.ts";
import { defineScript } from "../redis/define-script.ts";
import { modelOfLanePool } from "../redis/keys.ts";
import { asList, asNumber, asOptionalNumber, asText, rows } from "../redis/reply.ts";

export interface ReadWaitsRequest {
  readonly nowMs: number;
  readonly defaultTokens: number;
  readonly sample: number;
}

/** The queued jobs of a pool in one shard, as far as they were read. */
export interface PoolWaits {
  readonly pool: string;
  /** Whether the pool is a provider account. */
  readonly governed: boolean;
  /** Jobs that no limit of their key holds. */
  readonly readyJobs: number;
  /** The least tokens that one of them would reserve of the account. */
  readonly leastTokens: number;
  /** Jobs that a limit of their key holds. */
  readonly heldJobs: number;
  /** The accounts of its routes in order, if it is the lane of a model (lanePool). Empty: the catalogue has no such model. */
  readonly routes?: readonly { readonly account: string; readonly governed: boolean }[];
}

export interface ShardWaits {
  readonly paused: boolean;
  readonly queued: number;
  readonly scheduled: number;
  /** Scheduled jobs that wait for room in their group. */
  readonly withoutRoom: number;
  /** Jobs that wait for their children. */
  readonly waiting: number;
  readonly pools: readonly PoolWaits[];
  readonly held: ReadonlyMap<ConstraintKind, number>;
  /** Bands are "1" to "3", or "0" for plain BullMQ jobs. */
  readonly bands: readonly {
    readonly band: string;
    readonly sinceMs: number | undefined;
    readonly limitedSinceMs: number | undefined;
  }[];
  readonly limitedKeys: readonly KeyId[];
}

/** The accounts of the routes, if `pool` is that of a model's lanes. */
export const routesOf = (pool: string, routes: unknown) =>
  modelOfLanePool(pool) === undefined
    ? {}
    : {
        routes: rows(routes, 2).map(([account, governed]) => ({
          ...{ account: asText(account), governed: asNumber(governed) === 1 },
        })),
      };

export const readWaits = defineScript<ReadWaitsRequest, ShardWaits>(import.meta.url, {
  name: "read_waits",
  argv: ["now_ms", "default_tokens", "sample"],
  encode: ({ nowMs, defaultTokens, sample }) => [nowMs, defaultTokens, sample],
  decode(reply) {
    const [, paused, queued, scheduled, withoutRoom, waiting, pools, kinds, bands, keys] =
      asList(reply);
    return {
      paused: asNumber(paused) === 1,
      queued: asNumber(queued),
      scheduled: asNumber(scheduled),
      withoutRoom: asNumber(withoutRoom),
      waiting: asNumber(waiting),
      pools: rows(pools, 6).map(([pool, governed, ready, least, held, routes]) => ({
        pool: asText(pool),
        governed: asNumber(governed) === 1,
        readyJobs: asNumber(ready),
        leastTokens: asOptionalNumber(least) ?? 0,
        heldJobs: asNumber(held),
        ...routesOf(asText(pool), routes),
      })),
      held: new Map(
        rows(kinds, 2).map(([kind, jobs]) => [asText(kind) as ConstraintKind, asNumber(jobs)]),
      ),
      bands: rows(bands, 3).map(([band, since, limited]) => ({
        band: asText(band),
        sinceMs: asOptionalNumber(since),
        limitedSinceMs: asOptionalNumber(limited),
      })),
      limitedKeys: asList(keys).map((key) => asText(key) as KeyId),
    };
  },
});
