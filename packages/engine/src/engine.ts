import type { Clock, Random } from "@millrace/shared";
import type { AccountEvent, ProviderAccounts } from "./accounts/contract.ts";
import type { Audits } from "./audit/contract.ts";
import type { InternalLimits, KeyBudgets } from "./budgets/contract.ts";
import type { Retention } from "./dead-letters/contract.ts";
import type { Demand } from "./demand/contract.ts";
import type { Explanations } from "./explain/contract.ts";
import type { Groups } from "./groups/contract.ts";
import type { Ends } from "./jobs/awaited-ends.ts";
import type { Jobs, OtherEnds } from "./jobs/contract.ts";
import type { Leases } from "./leases/contract.ts";
import type { Models } from "./models/contract.ts";
import type { ChangeLogSettings, Operators } from "./operators/contract.ts";
import type { Output } from "./output/contract.ts";
import type { Queues } from "./queues/contract.ts";
import type { Quotes } from "./quotes/contract.ts";
import type { Storage } from "./redis/contract.ts";
import type { OnWarning, RedisSettings } from "./redis/settings.ts";
import type { Roster } from "./roster/contract.ts";
import type { Schedules } from "./schedules/contract.ts";
import type { Signals } from "./signals/contract.ts";
import type { SpendReports, SpendSettings } from "./spend/contract.ts";
import type { UsageReports } from "./usage/contract.ts";
import type { Webhooks } from "./webhooks/contract.ts";

/** The budgets of API keys, the limits of provider accounts, and the catalogue of models. */
export interface Policy {
  readonly keyBudgets: KeyBudgets;
  readonly providerAccounts: ProviderAccounts;
  readonly models: Models;
  /**
   * Copies budgets, accounts, models and subscriptions to every shard that a change has not reached, and takes back the slices
   * of idle shards. With `ifChanged` it looks at the shards only if something has changed since its last look: that suffices
   * unless a shard has lost what it had. Schedulers repeat both as a duty, like reap.
   */
  syncPolicy(options?: { readonly ifChanged?: boolean }): Promise<void>;
}

/**
 * The contract of the queue engine for the rest of Millrace. Expected outcomes are values. A rejected promise is a
 * fault. `StoreUnavailable` means that Redis cannot be reached: the call may or may not have taken effect, and
 * repeating it is safe. Any other error is a bug.
 */
export type Engine = Jobs &
  Ends &
  Leases &
  Groups &
  Schedules &
  Output &
  Signals &
  Queues &
  Policy &
  Retention &
  Explanations &
  Demand &
  Quotes &
  Operators &
  Webhooks &
  Audits &
  UsageReports &
  SpendReports &
  Storage & {
    /** Which workers are connected to schedulers. */
    readonly roster: Roster;
  };

export interface EngineOptions {
  readonly redis: RedisSettings;
  /** The first part of every key. Default "mr". */
  readonly rootPrefix?: string;
  readonly clock: Clock;
  /** Uses Redis's time, so that all replicas agree on it; `clock` then only measures durations. Default false. */
  readonly redisTime?: boolean;
  readonly random: Random;
  /**
   * How many bytes the jobs of a key may take in each queue, for keys whose budget sets no limit. The engine calls it at
   * each submission. If it is absent or returns Infinity, there is no limit.
   */
  readonly storedBytesPerKey?: () => number;
  /** By which labels spend is counted, and how long it is kept. Throws RangeError if it breaks a rule of its type. */
  readonly spend?: Partial<SpendSettings>;
  /** How much of the change log is kept. Default: one year, and at most 10,000 changes. */
  readonly changeLog?: Partial<ChangeLogSettings>;
  /** This many failures of a provider account in a row, from at least two jobs, open its circuit. At least 2; default 5. */
  readonly providerFailures?: number;
  /** What each key may use in internal queues. Default: 16 running jobs, and 4 in each pool. */
  readonly internalLimits?: InternalLimits;
  /** Receives what calls ended besides the jobs in their answers. It must not throw. */
  readonly onOtherEnds?: (ends: OtherEnds) => void;
  /** Receives the changes of provider accounts' states that calls of this engine have made. It must not throw. */
  readonly onAccountEvent?: (event: AccountEvent) => void;
  readonly onWarning?: OnWarning;
}
