import type { Engine, Settlement, SettleOutcome } from "@millrace/engine";
import { type Clock, isFinal } from "@millrace/shared";
import type { JobObserver } from "../observing/job-observer.ts";
import type { HeldLease } from "./held-leases.ts";

/** An attempt's end. `job` is left out if the lease is stale. */
export interface EndedAttempt {
  readonly settlement: Settlement;
  readonly job: HeldLease["job"] | undefined;
  /** Why the worker handed the job back, if it did. */
  readonly handedBack?: string | undefined;
}

/** The outcome of a settlement, as its worker is told it. */
export type EndOutcome = SettleOutcome & {
  /** The provider refused the attempt or is down: the job runs again, and no attempt was spent. */
  readonly bounced?: boolean;
};

export interface EndAttemptsParts {
  readonly engine: Pick<Engine, "settle">;
  readonly observer: JobObserver;
  readonly clock: Clock;
}

/** The settlement of an attempt whose reported end cannot be stored. */
const unstorable = ({ jobId, token }: Settlement, argument: string): Settlement => ({
  ...{ jobId, token, kind: "fail", state: "FAILED" },
  failure: {
    reason: "MALFORMED",
    message: `The outcome that the worker reported cannot be stored: its ${argument} is malformed. Correct the worker, and redrive the job.`,
    retryable: false,
  },
});

/** Settles attempts. An attempt whose end cannot be stored fails; the other attempts are not affected. */
async function settleAll(
  engine: EndAttemptsParts["engine"],
  settlements: readonly Settlement[],
): Promise<readonly SettleOutcome[]> {
  const outcomes = [...(await engine.settle(settlements))];
  const failures = outcomes.flatMap((outcome, index) => {
    const settlement = settlements[index];
    if (outcome.kind !== "invalid" || settlement === undefined) return [];
    return [{ index, settlement: unstorable(settlement, outcome.argument) }];
  });
  if (failures.length === 0) return outcomes;
  const ended = await engine.settle(failures.map(({ settlement }) => settlement));
  for (const [order, { index }] of failures.entries()) {
    const outcome = ended[order];
    if (outcome !== undefined) outcomes[index] = outcome;
  }
  return outcomes;
}

/** Settles attempts, and reports each one that this call has ended. A repeated call does not report it again. */
export async function endAttempts(
  { engine, observer, clock }: EndAttemptsParts,
  attempts: readonly EndedAttempt[],
): Promise<readonly EndOutcome[]> {
  const startMs = clock.nowMs();
  const outcomes = await settleAll(
    engine,
    attempts.map(({ settlement }) => settlement),
  );
  const time = { startMs, endMs: clock.nowMs() };
  for (const [index, { settlement, job, handedBack }] of attempts.entries()) {
    const outcome = outcomes[index];
    if (job === undefined || outcome?.kind !== "settled" || outcome.repeated) continue;
    observer.settled(settlement, job, outcome.state, time, handedBack);
    if (outcome.costMicros !== undefined)
      observer.charged(settlement.jobId, job.type, outcome.costMicros);
  }
  return outcomes.map((outcome, index) =>
    outcome.kind === "settled" && !isFinal(outcome.state)
      ? { ...outcome, bounced: attempts[index]?.settlement.kind === "bounce" }
      : outcome,
  );
}
