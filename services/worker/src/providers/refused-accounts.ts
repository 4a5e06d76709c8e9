import type { Clock } from "@millrace/shared";

/** The least, as for the scheduler (report_provider.lua). */
const UNSAID_MS = 1_000;
/** The most that the scheduler believes. */
const LONGEST_MS = 3_600_000;
/** By then the scheduler has heard of a refusal: what it leases from then on, it means to run. */
const HEARD_MS = 1_000;

interface Refusal {
  readonly atMs: number;
  readonly untilMs: number;
}

/**
 * Accounts that have refused a call of this worker. What runs here already makes no further call until
 * the pause is over: the provider would refuse it too, and count it. Attempts that begin later are the
 * scheduler's decision, which pauses the account for all workers and then sends one to try.
 */
export class RefusedAccounts {
  readonly #clock: Clock;
  readonly #refusals = new Map<string, Refusal>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `forMs`: as the provider asked, undefined if it did not. */
  refused(account: string, forMs: number | undefined): void {
    const atMs = this.#clock.nowMs();
    // What the provider asks for can only lengthen the pause.
    const pauseMs = Math.max(UNSAID_MS, Math.min(forMs ?? 0, LONGEST_MS));
    // Calls that were under way are refused too, and may be told less: as for the scheduler, the longest counts.
    const untilMs = Math.max(this.#refusals.get(account)?.untilMs ?? 0, atMs + pauseMs);
    this.#refusals.set(account, { atMs, untilMs });
  }

  /** How long an attempt that began at `startedMs` has to wait, in milliseconds; 0: it may call. */
  waitMs(account: string, startedMs: number): number {
    const refusal = this.#refusals.get(account);
    if (refusal === undefined || startedMs > refusal.atMs + HEARD_MS) return 0;
    return Math.max(0, refusal.untilMs - this.#clock.nowMs());
  }
}
