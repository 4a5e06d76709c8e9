/**
 * How many fields a message may have on each of the scheduler's listeners. Honest messages here have more fields than
 * callers' messages, which `messageFields` in limits.ts bounds.
 */
export const messageFields = {
  /** A gateway combines jobs of many messages into one, and has checked each of those messages. */
  gateways: 1_000_000,
  /** A worker's message of 1 MiB may consist of chunks of one byte. */
  workers: 500_000,
  /** A configuration may declare ten thousand keys. */
  operators: 500_000,
} as const;
