import type { Clock } from "@millrace/shared";

/** The shortest wait, as in the scheduler (report_provider.lua). */
const SHORTEST_MS = 1_000;
/** The longest wait that the scheduler accepts. */
const LONGEST_MS = 3_600_000;
/** The scheduler knows of a refusal after this time. It means to run what it leases from then on. */
const REPORTED_MS = 1_000;

interface Refusal {
  readonly atMs: number;
  readonly untilMs: number;
}

/**
 * The accounts that have refused a call of this worker. Attempts that run here already make no further call until the wait
 * is over: the provider would refuse it too, and count it. Later attempts are the scheduler's decision: it starts a cool-down
 * for all workers, and then sends one job as a probe.
 */
export class RefusedAccounts {
  readonly #clock: Clock;
  readonly #refusals = new Map<string, Refusal>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `forMs` is the wait that the provider asks for; undefined if it asks for none. */
  refused(account: string, forMs: number | undefined): void {
    const atMs = this.#clock.nowMs();
    // The provider can lengthen the wait but not shorten it.
    const pauseMs = Math.max(SHORTEST_MS, Math.min(forMs ?? 0, LONGEST_MS));
    // Calls under way are refused too, perhaps with a shorter wait. As in the scheduler, the longest one counts.
    const untilMs = Math.max(this.#refusals.get(account)?.untilMs ?? 0, atMs + pauseMs);
    this.#refusals.set(account, { atMs, untilMs });
  }

  /** How long an attempt that began at `startedMs` must wait, in milliseconds; 0 if it may call. */
  waitMs(account: string, startedMs: number): number {
    const refusal = this.#refusals.get(account);
    if (refusal === undefined || startedMs > refusal.atMs + REPORTED_MS) return 0;
    return Math.max(0, refusal.untilMs - this.#clock.nowMs());
  }
}
