import type { Engine, Settlement, SettleOutcome } from "@millrace/engine";
import type { Clock } from "@millrace/shared";
import type { JobObserver } from "../job-observer.ts";
import type { HeldLease } from "./held-leases.ts";
import type { PoolRefusal } from "./settlement.ts";

/** `job` is left out where the lease is stale. */
export interface EndedAttempt {
  readonly settlement: Settlement;
  readonly job: HeldLease["job"] | undefined;
  readonly refusal?: PoolRefusal | undefined;
}

export interface EndAttemptsParts {
  readonly engine: Pick<Engine, "settle" | "providerAccounts">;
  readonly observer: JobObserver;
  readonly clock: Clock;
}

/** Pauses what providers refused, then settles attempts, and counts each that this call has ended: a repeat was counted before. */
export async function endAttempts(
  { engine, observer, clock }: EndAttemptsParts,
  attempts: readonly EndedAttempt[],
): Promise<readonly SettleOutcome[]> {
  // First: once the job is back in its lane, its pool must be seen to be paused.
  for (const { pool, ...refusal } of attempts.flatMap((attempt) => attempt.refusal ?? [])) {
    if (pool !== "") await engine.providerAccounts.refused(pool, refusal);
  }
  const outcomes = await engine.settle(attempts.map(({ settlement }) => settlement));
  for (const [at, { settlement, job }] of attempts.entries()) {
    const outcome = outcomes[at];
    if (job === undefined || outcome?.kind !== "settled" || outcome.repeated) continue;
    observer.settled(settlement.jobId, job, outcome.state, clock.nowMs());
  }
  return outcomes;
}
