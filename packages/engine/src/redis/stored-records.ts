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
  /**
   * What a shard may use of a key's budget: its version, when the key's home may be asked for more (ms), and the amounts.
   * budgets/lib/portions.lua describes them.
   */
  portion: ["version", "ask", "amounts"],
  /**
   * In a key's home, what a shard holds of the key's budget: the version of its last report, when it was (ms), when the shard
   * last asked for more (ms), since when it has not got what it needs (ms, 0: it has), how often it has not got it, and amounts:
   * what it holds, what it had used, and what its next job takes.
   */
  holding: ["version", "reported", "wanted", "since", "refusals", "held", "used", "needs"],
  /** The account's second that was charged, the tokens, the account's generation, the probe or 0, and the pool. */
  account_reservation: ["second", "reserved", "generation", "probe", "pool"],
  /**
   * A provider account; the price of a million tokens in micro-dollars as "input,cached input,output", or "-" if it is not known;
   * and what the provider calls the model. A model has one for each route, one on each line.
   */
  route: ["account", "price", "model"],
  /**
   * For each key, in mr:spend: what its settled attempts have cost; the part of it that was of jobs that are removed by now; and
   * the last day (since 1970) of which it has records, 0: none. Micro-dollars. spend/lib/books.lua describes it.
   */
  spend_total: ["micros", "removed", "day"],
  /**
   * For each key, in mr:spend:<day>: how many records it has with labels and without, the total with which the day began,
   * the last day before it of which the key had records (0: none), and the names of its records, one on each line, or "-".
   */
  spend_opening: ["labelled", "others", "opening", "before", "names"],
  /** What a key's attempts of a model, an account and labels cost on a day: doubles, as for usage_of_day. */
  spend_of_day: [
    "attempts",
    "unpriced",
    "input",
    "cached",
    "output",
    "reasoning",
    "calls",
    "micros",
    "zero",
  ],
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
