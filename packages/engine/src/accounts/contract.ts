import type { JobId } from "@millrace/shared";

/** An account at a model provider. Jobs name it as their pool. What is left out does not limit it. */
export interface ProviderAccount {
  readonly name: string;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
}

/** CLOSED: jobs run. HALF_OPEN: one job probes. EXHAUSTED: until an operator resets it. */
export type ProviderAccountState = "CLOSED" | "COOLING_DOWN" | "HALF_OPEN" | "EXHAUSTED";

export interface ProviderAccountStatus {
  readonly account: ProviderAccount;
  readonly state: ProviderAccountState;
  /** While COOLING_DOWN: until when. While HALF_OPEN: when the next probe may go if the one that is under way does not come back. */
  readonly coolUntilMs?: number;
  /** While COOLING_DOWN or HALF_OPEN: when it was last CLOSED. */
  readonly pausedSinceMs?: number;
  /** What it pauses for: it refused calls for load, or it failed again and again, and is taken to be down. */
  readonly pausedFor?: "refused" | "failed";
  /** Failures in a row that were noted while it is CLOSED. */
  readonly failures: number;
  /** How many jobs run, or may start at once on what was granted. */
  readonly running: number;
  /** How many may run at once: the limit, or less, as refusals have taught. */
  readonly runningLimit?: number;
  /** Reserved in the last minute. */
  readonly requestsUsed: number;
  readonly tokensUsed: number;
}

/** What a provider made of an attempt's call. */
export interface ProviderReport {
  /**
   * refused: for load. exhausted: money or quota is used up, and waiting does not help. failed: its server failed, could not
   * be reached, or did not answer. answered: it took the call, whatever it made of it; successes need not be reported.
   */
  readonly kind: "refused" | "exhausted" | "failed" | "answered";
  /** How long the provider asked for: it can only lengthen the pause. */
  readonly askedMs?: number;
  /** Left out: one that has just begun. */
  readonly attempt?: { readonly jobId: JobId; readonly startedMs: number };
}

export interface ProviderVerdict {
  /**
   * COUNTED: the account goes on. PAUSED: it pauses, and the attempt is part of that: it shall not be spent. PROBE: so it is, and
   * the attempt was to find out whether the pause is over. EXHAUSTED: nothing starts until an operator resets it.
   */
  readonly kind: "COUNTED" | "PAUSED" | "PROBE" | "EXHAUSTED";
  readonly coolUntilMs?: number;
  /** The same until the account has a success. */
  readonly episode?: string;
  /** It pauses by this report. */
  readonly begun: boolean;
}

export interface ProviderAccounts {
  /** Defines an account, or changes it. Every replica's next lease obeys it. */
  put(account: ProviderAccount): Promise<ProviderAccountStatus>;
  /** As put, for one who has read it: undefined, and no change, if it is not `before` (undefined: none) that is there. */
  replace(
    before: ProviderAccount | undefined,
    account: ProviderAccount,
  ): Promise<ProviderAccountStatus | undefined>;
  get(name: string): Promise<ProviderAccountStatus | undefined>;
  /** By name. */
  list(): Promise<readonly ProviderAccountStatus[]>;
  /** False: there was none. */
  delete(name: string): Promise<boolean>;
  /** Ends a pause, and takes a used-up quota to be refilled. */
  reset(name: string): Promise<ProviderAccountStatus | undefined>;
  /**
   * Says what the provider made of a call. If the account pauses by it, no job of the pool starts anywhere until the pause is
   * over: call it before the attempt is settled. A pool that is no account becomes one, but by an answer.
   */
  report(name: string, report: ProviderReport): Promise<ProviderVerdict>;
}
