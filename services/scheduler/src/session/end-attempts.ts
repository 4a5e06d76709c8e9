import type { Engine, Settlement, SettleOutcome } from "@millrace/engine";
import type { Clock } from "@millrace/shared";
import type { JobObserver } from "../job-observer.ts";
import type { HeldLease } from "./held-leases.ts";

/** `job` is left out where the lease is stale. */
export interface EndedAttempt {
  readonly settlement: Settlement;
  readonly job: HeldLease["job"] | undefined;
}

export interface EndAttemptsParts {
  readonly engine: Pick<Engine, "settle">;
  readonly observer: JobObserver;
  readonly clock: Clock;
}

/** Settles attempts, and counts each that this call has ended: a repeat was counted before. */
export async function endAttempts(
  { engine, observer, clock }: EndAttemptsParts,
  attempts: readonly EndedAttempt[],
): Promise<readonly SettleOutcome[]> {
  const outcomes = await engine.settle(attempts.map(({ settlement }) => settlement));
  for (const [at, { settlement, job }] of attempts.entries()) {
    const outcome = outcomes[at];
    if (job === undefined || outcome?.kind !== "settled" || outcome.repeated) continue;
    observer.settled(settlement, job, outcome.state, clock.nowMs());
  }
  return outcomes;
}
