import type { KeyId } from "@millrace/shared";

/** What one API key may use in each queue. What is left out does not limit it. */
export interface KeyBudget {
  /** Its share beside other keys. Left out: 1. */
  readonly weight?: number;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Tokens that may be reserved in any 24 hours. */
  readonly tokensPerDay?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
  /** Jobs that may wait, for whatever; more are refused. Left out: the queue's own limit. */
  readonly maxQueued?: number;
  /** The most urgent priority that its jobs may have. Left out: the queue's own. */
  readonly maxPriority?: number;
  /** Bytes that its jobs and dead letters may take. Left out: EngineOptions.storedBytesPerKey. */
  readonly maxStoredBytes?: number;
}

export interface KeyBudgets {
  get(keyId: KeyId): Promise<KeyBudget | undefined>;
  list(): Promise<ReadonlyMap<KeyId, KeyBudget>>;
  /** How many bytes the jobs and dead letters of each of these keys take in all queues now. */
  storedBytes(keys: readonly KeyId[]): Promise<ReadonlyMap<KeyId, number>>;
  /** Takes the place of the whole budget; undefined: no limits. Every replica's next lease obeys it, and jobs that it held are looked at again. */
  set(keyId: KeyId, budget: KeyBudget | undefined): Promise<void>;
  /** As set, for one who has read it: false, and no change, if it is not `before` that is there. */
  replace(
    keyId: KeyId,
    before: KeyBudget | undefined,
    budget: KeyBudget | undefined,
  ): Promise<boolean>;
}
