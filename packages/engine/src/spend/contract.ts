/**
 * What the attempts of jobs cost, in integer micro-dollars (millionths of a US dollar).
 *
 * **The price of an attempt** is that of its route when the attempt was leased. It is stored with the route in the job
 * (R.route) and in the shard's copy of the catalogue, so the lease can reserve by it, and a later change of the catalogue does
 * not change what a running attempt will cost.
 *
 * **The cost** is computed once, by the script that settles the attempt (spend/lib/costs.lua), from the usage that
 * the worker reported: input tokens that were not cached, cached input tokens, and output tokens, which include those of
 * thought. `costMicros` (costs.ts) is the same function for quotes; a test compares both with exact arithmetic.
 * The exact sum is rounded once for each attempt, to the nearest micro-dollar, and a half is rounded up, as Article 5 of Council
 * Regulation (EC) No 1103/97 rounds amounts of money. A cost beyond MOST_MICROS counts as MOST_MICROS, as does every sum.
 *
 * **Attempts without a price.** An attempt is billable if its usage has tokens or calls of a provider. A billable attempt
 * whose route has no price, or that has no route, counts its tokens and no money, and is counted as unpriced. What an attempt
 * spent whose worker was lost is not known, so it is not counted.
 *
 * **Where it is stored**: in the job's hash, the sum of its attempts (F.usage, members usage_cost and usage_unpriced),
 * which `JobRecord.usage` tells, and in the history of an attempt that failed; and in the books of the job's shard (spend/lib/books.lua): one record for each day, key, model,
 * account and labels, and a running total for each key. Both are written by the script that settles.
 *
 * **What the audit proves** (invariant 16), for each key and shard: the running total is what the attempts of present jobs cost
 * (by their hashes) and what those of removed jobs did (counted when a job is removed); and each day begins with the total of
 * the day before and its records, up to the running total. So the records equal the sum of settled attempts.
 *
 * **Labels.** Only labels that the operator names are counted (`SpendSettings.labels`): a caller may use any number of labels.
 * In a shard, a key has at most MOST_RECORDS records with labels on one day. What comes after that counts with the
 * labels "*", at most MOST_RECORDS more, and after that with the model and account "*" too. Sums are exact in each case.
 */
import type { KeyId } from "@millrace/shared";

export interface SpendSettings {
  /** The labels of jobs by which spend is counted: at most 4. Default: none. It applies to attempts that are settled from then on. */
  readonly labels: readonly string[];
  /** For how many days a day's spend is kept. 1 to 3,650. Default 400. It applies to days that begin from then on. */
  readonly keepDays: number;
}

/** What the settled attempts of one API key cost on one day, of one model, account and combination of labels. */
export interface DaySpend {
  readonly keyId: KeyId;
  /** The catalogue's name. "" for jobs without a model; "*": see above. */
  readonly model: string;
  /** The provider account, or the job's pool if it named no model; "" if it named neither; "*": see above. */
  readonly account: string;
  /** The values of the labels that are counted and that the job has, by name; "*": see above. */
  readonly labels: Readonly<Record<string, string>> | "*";
  /** Billable attempts that were settled. */
  readonly attempts: number;
  /** Those of them that had no price. */
  readonly unpricedAttempts: number;
  readonly inputTokens: number;
  /** The part of inputTokens that the provider had in its cache. */
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  /** The part of outputTokens that the model spent on thought. */
  readonly reasoningTokens: number;
  readonly providerCalls: number;
  readonly costMicros: number;
}

export interface SpendReports {
  /**
   * What was settled on a day (days since 1970, UTC), of all keys or of one, in no order. Days are kept for `keepDays`. A
   * settlement counts on the day of the scheduler's clock, or on the next one if the key's spend of that day has begun.
   */
  spendOfDay(day: number, keyId?: KeyId): Promise<readonly DaySpend[]>;
}
