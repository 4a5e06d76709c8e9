import type { Clock } from "@millrace/shared";

/** How many events BullMQ's stream keeps about a shard. Whoever follows it reads all the time. */
export const MAX_EVENTS = 1_000;

/** What every call tells its scripts: the time, read once a call and the same for every shard, and how long the events stream may grow. */
export interface Stamp {
  readonly nowMs: number;
  readonly maxEvents: number;
}

export const stampOf = (clock: Clock): Stamp => ({ nowMs: clock.nowMs(), maxEvents: MAX_EVENTS });
