/**
 * How many fields a message may have on the scheduler's listeners: there are more in an honest one than callers send.
 * See `messageFields` in limits.ts, which bounds what callers send.
 */
export const messageFields = {
  /** A gateway gathers jobs of many messages in one, and has checked each of those. */
  gateways: 1_000_000,
  /** A worker's message of 1 MiB may be of chunks of one byte each. */
  workers: 500_000,
  /** A configuration may declare ten thousand keys. */
  operators: 500_000,
} as const;
