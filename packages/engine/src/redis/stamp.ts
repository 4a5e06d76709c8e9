import type { Clock } from "@millrace/shared";

/** How many events BullMQ's stream keeps for a shard. Its readers read all the time. */
export const MAX_EVENTS = 1_000;

/** What every call passes to its scripts: the time, which is read once in a call and is the same for every shard, and the length of the events stream. */
export interface Stamp {
  readonly nowMs: number;
  readonly maxEvents: number;
}

export const stampOf = (clock: Clock): Stamp => ({ nowMs: clock.nowMs(), maxEvents: MAX_EVENTS });
