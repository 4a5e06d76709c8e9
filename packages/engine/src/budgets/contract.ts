import type { KeyId, QueueName } from "@millrace/shared";

/** What one API key may use in each queue. A limit that is absent does not apply. */
export interface KeyBudget {
  /** The key's share of the workers, relative to other keys. Default 1. */
  readonly weight?: number;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Tokens that may be reserved in any 24 hours. */
  readonly tokensPerDay?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
  /** Jobs that may wait, for any reason; more are refused. If it is absent, the queue's limit applies. */
  readonly maxQueued?: number;
  /** The most urgent priority that the key's jobs may have. If it is absent, the queue's limit applies. */
  readonly maxPriority?: number;
  /** Bytes that the key's jobs and dead letters may take. If it is absent, EngineOptions.storedBytesPerKey applies. */
  readonly maxStoredBytes?: number;
}

/** What each key may use in internal queues, where its budget does not apply. */
export interface InternalLimits {
  /** Jobs of a key that may run at once. */
  readonly maxRunning: number;
  /** Jobs of a key that may run at once in one pool. */
  readonly maxRunningPerPool: number;
}

/** How much of one limit of a key is used now. */
export interface BudgetUse {
  /** The limit, as the constraint that it is for waiting jobs. */
  readonly kind: "KEY_REQUESTS" | "KEY_TOKENS" | "KEY_DAILY_TOKENS" | "KEY_CONCURRENCY";
  readonly used: number;
  /** If the limit is used up: when a request or a token is free again, if nothing more is reserved. */
  readonly clearMs?: number;
}

/** How much of a key's limits is used now in one queue. */
export interface KeyUse {
  readonly queue: QueueName;
  readonly limits: readonly BudgetUse[];
}

/** What counts in a window of a key now, over all queues. */
export interface WindowTotal {
  readonly used: number;
  /** When the first `excess` of it counts no longer, if nothing is added. Undefined if there is not so much. */
  clearMs(excess: number): number | undefined;
}

/** What a key uses now in all queues of callers. */
export interface KeyTotal {
  readonly requests: WindowTotal;
  readonly tokens: WindowTotal;
  readonly dayTokens: WindowTotal;
  readonly running: number;
}

export interface KeyBudgets {
  get(keyId: KeyId): Promise<KeyBudget | undefined>;
  list(): Promise<ReadonlyMap<KeyId, KeyBudget>>;
  /** The budgets of those of the given keys that have one. */
  getAll(keys: readonly KeyId[]): Promise<ReadonlyMap<KeyId, KeyBudget>>;
  /** How many bytes the jobs and dead letters of each given key take in all queues now. */
  storedBytes(keys: readonly KeyId[]): Promise<ReadonlyMap<KeyId, number>>;
  /** How much of its budget each given key uses now, in each queue where it uses any. */
  use(keys: readonly KeyId[]): Promise<ReadonlyMap<KeyId, readonly KeyUse[]>>;
  /** What a key uses now in all queues of callers. */
  total(key: KeyId): Promise<KeyTotal>;
  /** As use, for each key that stores jobs in a queue. Its cost does not depend on how many keys have budgets. */
  usedNow(): Promise<ReadonlyMap<KeyId, readonly KeyUse[]>>;
  /**
   * Replaces the whole budget; undefined removes all limits. The next lease of every replica obeys it, and lanes that the
   * old budget held are checked again.
   */
  set(keyId: KeyId, budget: KeyBudget | undefined): Promise<void>;
  /** As set, if the stored budget still equals `before`. Otherwise it changes nothing and returns false. */
  replace(
    keyId: KeyId,
    before: KeyBudget | undefined,
    budget: KeyBudget | undefined,
  ): Promise<boolean>;
}
