/**
 * Fields that hold several words, separated by spaces, with the names of the words in order. JSON would cost each
 * lease more than it is worth here. Scripts write `--- @record key_reservation text`, which declares the words by their names.
 */
export const R = {
  /**
   * The tokens that the attempt was estimated to spend; the tokens reserved of the key's own limits (no more than they
   * can ever give); the lane's virtual time after the lease; the key's weight; the buckets that were charged, or "-" if
   * the key had no limits; and the lane. The day ends in "p" if the job counts in its pool too.
   */
  key_reservation: ["tokens", "reserved", "finish", "weight", "minute", "day", "lane"],
  /** The account's second that was charged, the tokens, the account's generation, the probe or 0, and the pool. */
  account_reservation: ["second", "reserved", "generation", "probe", "pool"],
  /** A provider account, and what the provider calls the model. A model has one for each route, one on each line. */
  route: ["account", "model"],
  /** When a provider refused or failed a call (ms), the HTTP status, and what the provider said. */
  last_refusal: ["at", "status", "message"],
  /** What the attempts of a key spent on a day, of one pool and model: doubles. usage/lib/usage_days.lua describes it. */
  usage_of_day: [
    "jobs",
    "attempts",
    "calls",
    "input",
    "cached",
    "output",
    "reasoning",
    "compute",
    "zero",
  ],
} as const;
