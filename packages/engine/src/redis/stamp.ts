import type { Clock } from "@millrace/shared";

/** How many events BullMQ's stream keeps for a shard. Its readers read all the time. */
export const MAX_EVENTS = 1_000;

/** What every call passes to its scripts. A call reads the time once, so it is the same for every shard. */
export interface Stamp {
  readonly nowMs: number;
  /** The length of BullMQ's events stream. */
  readonly maxEvents: number;
}

export const stampOf = (clock: Clock): Stamp => ({ nowMs: clock.nowMs(), maxEvents: MAX_EVENTS });
