import type { DefinedQueue } from "../redis/shard-map.ts";

/** What can hold a waiting job. */
export type ConstraintKind =
  | "SCHEDULED"
  | "QUEUE_PAUSED"
  | "KEY_REQUESTS"
  | "KEY_TOKENS"
  | "KEY_DAILY_TOKENS"
  | "KEY_CONCURRENCY"
  | "PROVIDER_REQUESTS"
  | "PROVIDER_TOKENS"
  | "PROVIDER_CONCURRENCY"
  | "PROVIDER_COOLDOWN"
  | "PROVIDER_EXHAUSTED"
  | "PROVIDER_DOWN"
  | "NO_ROUTE"
  | "CHILDREN"
  | "GROUP_IN_FLIGHT"
  | "LANE_ORDER"
  | "NO_FREE_WORKER";

/** Each is a whole number, at least 1. */
export interface BandWeights {
  readonly interactive: number;
  readonly standard: number;
  readonly batch: number;
}

/** The settings of a queue that lanes depend on. */
export interface LaneSettings extends DefinedQueue {
  /** How bands share the workers while all bands have work. */
  readonly bandWeights: BandWeights;
}
