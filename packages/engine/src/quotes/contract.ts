import type { KeyId, QueueName } from "@millrace/shared";
import type { KeyBudget } from "../budgets/contract.ts";
import type { Explanation } from "../explain/contract.ts";

/** Where a job would wait. */
export interface QuotedPlace {
  readonly queue: QueueName;
  readonly keyId: KeyId;
  readonly type: string;
  readonly priority: number;
  readonly pool?: string;
  /** The model's own name. Not with a pool. */
  readonly model?: string;
  readonly estimatedTokens?: number;
}

/** What would hold a job of a place now. */
export interface Placement {
  /** As if the job were queued: `aheadInLane` counts the jobs of its key that would come first. */
  readonly explanation: Explanation;
  /** The budget of the key, if it has one. */
  readonly budget: KeyBudget;
  /** The tokens that a lease would reserve of the key's own limits. */
  readonly reservedTokens: number;
  /** What the key has started, and reserved, within the last minute and day, and what it runs. 0 without a budget. */
  readonly used: {
    readonly requests: number;
    readonly tokens: number;
    readonly dayTokens: number;
    readonly running: number;
  };
  /** How many jobs wait in lanes of other keys that take turns with the lane: of at most 128 such lanes, chosen at random. */
  readonly otherLanes: readonly number[];
}

/** A job that succeeded lately. */
export interface PastRun {
  readonly keyId: KeyId;
  readonly type: string;
  readonly model?: string;
  /** How long its last attempt ran. */
  readonly runMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a job would meet that does not exist. Both calls read only, and a bounded amount. */
export interface Quotes {
  /** Returns undefined if there is no such queue. */
  placement(place: QuotedPlace): Promise<Placement | undefined>;
  /** The last 256 jobs that succeeded in the key's shard of a queue and are still kept, of all keys, the newest first. */
  pastRuns(queue: QueueName, keyId: KeyId): Promise<readonly PastRun[]>;
}
