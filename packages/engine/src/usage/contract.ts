import type { KeyId } from "@millrace/shared";
import type { Usage } from "../jobs/contract.ts";

/** What the settled attempts of one API key spent on one day, of one pool and model. */
export interface DayUsage {
  readonly keyId: KeyId;
  /** "" for jobs without a pool; "*" with the model "*" for what came after the most pairs that a day keeps for a key. */
  readonly pool: string;
  /** "" if the worker named none. */
  readonly model: string;
  /** Jobs that ended with one of the attempts. */
  readonly jobs: number;
  /** Attempts that were settled: also those that failed, were refused by the provider, or were handed back. */
  readonly attempts: number;
  readonly usage: Required<Omit<Usage, "model" | "costMicros" | "unpricedAttempts">>;
}

export interface UsageReports {
  /**
   * What the attempts that were settled on a day (days since 1970, UTC) spent, of all keys or of one, in no order. It
   * equals the sum of what their settlements said. Days are kept for 93 days.
   */
  usageOfDay(day: number, keyId?: KeyId): Promise<readonly DayUsage[]>;
}
