import type { JobId } from "@millrace/shared";

/** An account at a model provider. Jobs name it as their pool. A limit that is absent does not apply. */
export interface ProviderAccount {
  readonly name: string;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
}

/** CLOSED: jobs run. HALF_OPEN: one job probes the provider. EXHAUSTED: no job starts until an operator resets the account. */
export type ProviderAccountState = "CLOSED" | "COOLING_DOWN" | "HALF_OPEN" | "EXHAUSTED";

export interface ProviderAccountStatus {
  readonly account: ProviderAccount;
  readonly state: ProviderAccountState;
  /** While COOLING_DOWN, the end of the cool-down. While HALF_OPEN, the time of the next probe if the present one does not return. */
  readonly coolUntilMs?: number;
  /** While COOLING_DOWN or HALF_OPEN, the time at which the account was last CLOSED. */
  readonly coolDownSinceMs?: number;
  /** Why the account cools down: it refused calls for load, or it failed several times in a row and counts as down. */
  readonly coolDownReason?: "refused" | "failed";
  /** Failures in a row that were reported while the account is CLOSED. */
  readonly failures: number;
  /** When the newest of them was reported. */
  readonly lastFailureMs?: number;
  /** When the newest cool-down began. Each probe that fails begins another one. It is known after the account is CLOSED too. */
  readonly lastCoolDownMs?: number;
  /** How many jobs run, or may start at once on the slices that shards hold. */
  readonly running: number;
  /** How many jobs may run at once: the limit, or less where refusals have lowered it. */
  readonly runningLimit?: number;
  /** Requests that were reserved in the last minute. */
  readonly requestsUsed: number;
  /** Tokens that were reserved in the last minute. */
  readonly tokensUsed: number;
  /** The last call that the provider refused or failed, if its report said what the provider said. */
  readonly lastRefusal?: ProviderAnswer & { readonly atMs: number };
}

/** What a provider answered to a call that it refused or failed. */
export interface ProviderAnswer {
  /** 0: there was no answer. */
  readonly httpStatus: number;
  readonly message: string;
}

/** A change of an account's state. Only the call that made the change reports it. */
export interface AccountEvent {
  readonly account: string;
  /**
   * CoolingDown: a cool-down began, or goes on after a probe failed. HalfOpen: it is over, and a probe may start. Closed:
   * the probe has succeeded. Exhausted: no job starts until an operator resets the account. LimitHalved: a refusal has
   * lowered the number of jobs that may run. Reset: an operator has closed the account's circuit.
   */
  readonly kind: "CoolingDown" | "HalfOpen" | "Closed" | "Exhausted" | "LimitHalved" | "Reset";
  readonly atMs: number;
  /** Of CoolingDown. */
  readonly reason?: ProviderReport["kind"];
  /** Of CoolingDown: true if a probe has failed. */
  readonly probe?: boolean;
  /** Of CoolingDown. */
  readonly coolUntilMs?: number;
  /** Of LimitHalved: how many jobs may run now. */
  readonly runningLimit?: number;
  /** What the provider said, if the event comes from a report. */
  readonly said?: ProviderAnswer;
}

/** How a provider responded to an attempt's call. */
export interface ProviderReport {
  /**
   * refused: the provider refused the call for load. exhausted: money or quota is used up, and waiting does not help.
   * failed: the provider's server failed, could not be reached, did not answer, or does not accept the account. answered: the
   * provider took the call, whatever the answer was; successes need not be reported.
   */
  readonly kind: "refused" | "exhausted" | "failed" | "answered";
  /** The wait that the provider asked for. It can only lengthen the cool-down. */
  readonly askedMs?: number;
  /** The attempt that made the call. If it is absent, the report is taken to be of an attempt that has just begun. */
  readonly attempt?: { readonly jobId: JobId; readonly startedMs: number };
  /** What the provider said. It is kept with the account, so it must hold no secret and be short. */
  readonly said?: ProviderAnswer;
}

export interface ProviderVerdict {
  /**
   * COUNTED: the account continues. COOLING: the account cools down, and the attempt belongs to that episode, so it is not
   * spent. PROBE: as COOLING, and the attempt was the probe. EXHAUSTED: no job starts until an operator resets the account.
   */
  readonly kind: "COUNTED" | "COOLING" | "PROBE" | "EXHAUSTED";
  readonly coolUntilMs?: number;
  /** Names the episode. It stays the same until the account has a success. */
  readonly episode?: string;
  /** True if this report began the cool-down. */
  readonly begun: boolean;
  /** The number of jobs that may run, if this report has halved it. */
  readonly halvedTo?: number;
  /** True if this report ended the cool-down. */
  readonly closed?: boolean;
}

/** The accounts that the pools of webhook endpoints have: their names begin with `WEBHOOK_POOL_PREFIX`. */
export interface CircuitPage {
  readonly cursor: string;
  readonly circuits: readonly ProviderAccountStatus[];
}

export interface ProviderAccounts {
  /** Creates an account, or changes it. The next lease of every replica obeys it. */
  put(account: ProviderAccount): Promise<ProviderAccountStatus>;
  /**
   * As put, if the stored account still equals `before`, where undefined means that none is stored. Otherwise it
   * changes nothing and returns undefined (optimistic concurrency).
   */
  replace(
    before: ProviderAccount | undefined,
    account: ProviderAccount,
  ): Promise<ProviderAccountStatus | undefined>;
  get(name: string): Promise<ProviderAccountStatus | undefined>;
  /** Sorted by name, without the circuits of webhook endpoints. */
  list(): Promise<readonly ProviderAccountStatus[]>;
  /** Some circuits of webhook endpoints, from a cursor: "0" at first, and again after the last ones. */
  circuits(from: string): Promise<CircuitPage>;
  /** Returns false if there was no such account. */
  delete(name: string): Promise<boolean>;
  /** Ends a cool-down, and treats a used-up quota as refilled. */
  reset(name: string): Promise<ProviderAccountStatus | undefined>;
  /**
   * Reports how the provider responded to a call. If the account cools down because of it, no job of the pool starts
   * anywhere until the cool-down is over. So call it before the attempt is settled. A pool without an account gets one,
   * unless the report is `answered`.
   */
  report(name: string, report: ProviderReport): Promise<ProviderVerdict>;
}
