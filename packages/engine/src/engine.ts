import type { Clock, Random } from "@millrace/shared";
import type { ProviderAccounts } from "./accounts/contract.ts";
import type { Audits } from "./audit/contract.ts";
import type { KeyBudgets } from "./budgets/contract.ts";
import type { Retention } from "./dead-letters/contract.ts";
import type { Explanations } from "./explain/contract.ts";
import type { Jobs } from "./jobs/contract.ts";
import type { Leases } from "./leases/contract.ts";
import type { ChangeLogSettings, Operators } from "./operators/contract.ts";
import type { Output } from "./output/contract.ts";
import type { Queues } from "./queues/contract.ts";
import type { Storage } from "./redis/contract.ts";
import type { OnWarning, RedisSettings } from "./redis/settings.ts";
import type { Signals } from "./signals/contract.ts";

/** What keys and provider accounts may use. */
export interface Policy {
  readonly keyBudgets: KeyBudgets;
  readonly providerAccounts: ProviderAccounts;
  /** Brings to every shard what is said of keys and queues, where a change has not reached it: a duty, like reap. */
  syncPolicy(): Promise<void>;
}

/**
 * What the rest of Millrace may ask of the queue engine. Expected outcomes are values; a rejected
 * promise is a fault: `StoreUnavailable` when Redis is away (the call may or may not have taken
 * effect, and repeating it is safe), any other error a bug.
 */
export type Engine = Jobs &
  Leases &
  Output &
  Signals &
  Queues &
  Policy &
  Retention &
  Explanations &
  Operators &
  Audits &
  Storage;

export interface EngineOptions {
  readonly redis: RedisSettings;
  /** The first part of every key. Default "mr". */
  readonly rootPrefix?: string;
  readonly clock: Clock;
  /** Go by Redis's time, so that replicas agree on it; `clock` then only measures. Default false. */
  readonly redisTime?: boolean;
  readonly random: Random;
  /** How many bytes the jobs of a key may take in each queue whose budget does not say; asked for at each submission. Infinity, and left out: no bound. */
  readonly storedBytesPerKey?: () => number;
  /** How much of what operators changed is kept. Default: a year, at most 10,000 changes. */
  readonly changeLog?: Partial<ChangeLogSettings>;
  /** So many failures of a provider account in a row, of two jobs or more, open its circuit. From 2 on; default 5. */
  readonly providerFailures?: number;
  readonly onWarning?: OnWarning;
}
