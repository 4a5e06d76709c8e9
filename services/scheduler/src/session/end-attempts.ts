import type { Engine, Settlement, SettleOutcome } from "@millrace/engine";
import type { Clock } from "@millrace/shared";
import type { JobObserver } from "../observing/job-observer.ts";
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

/** How to end an attempt whose own end cannot be stored. */
const unstorable = ({ jobId, token }: Settlement, argument: string): Settlement => ({
  ...{ jobId, token, kind: "fail", state: "FAILED" },
  failure: {
    reason: "MALFORMED",
    message: `The end that the worker reported cannot be stored: its ${argument} is malformed. Mend the worker, and redrive the job.`,
    retryable: false,
  },
});

/** Settles attempts; one whose end cannot be stored fails, and no other with it. */
async function settleAll(
  engine: EndAttemptsParts["engine"],
  settlements: readonly Settlement[],
): Promise<readonly SettleOutcome[]> {
  const outcomes = [...(await engine.settle(settlements))];
  const failures = outcomes.flatMap((outcome, at) => {
    const settlement = settlements[at];
    if (outcome.kind !== "invalid" || settlement === undefined) return [];
    return [{ at, settlement: unstorable(settlement, outcome.argument) }];
  });
  if (failures.length === 0) return outcomes;
  const ended = await engine.settle(failures.map(({ settlement }) => settlement));
  for (const [of, { at }] of failures.entries()) {
    const outcome = ended[of];
    if (outcome !== undefined) outcomes[at] = outcome;
  }
  return outcomes;
}

/** Settles attempts, and counts each that this call has ended: a repeat was counted before. */
export async function endAttempts(
  { engine, observer, clock }: EndAttemptsParts,
  attempts: readonly EndedAttempt[],
): Promise<readonly SettleOutcome[]> {
  const outcomes = await settleAll(
    engine,
    attempts.map(({ settlement }) => settlement),
  );
  for (const [at, { settlement, job }] of attempts.entries()) {
    const outcome = outcomes[at];
    if (job === undefined || outcome?.kind !== "settled" || outcome.repeated) continue;
    observer.settled(settlement, job, outcome.state, clock.nowMs());
  }
  return outcomes;
}
