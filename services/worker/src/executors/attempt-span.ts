import {
  type AttemptOutcome,
  attemptOutcomes,
  attributeNames,
  isFailure,
  type OpenSpan,
} from "@millrace/telemetry";
import { JobFailure, type SettledAttempt } from "@millrace/worker-sdk";

/** How an executor returned. */
export interface Returned {
  readonly atMs: number;
  /** What it threw, if it did. */
  readonly thrown: unknown;
  /** Whether the attempt had been told to stop before. */
  readonly stopped: boolean;
}

const byState: Readonly<Partial<Record<SettledAttempt["state"], AttemptOutcome>>> = {
  SUCCEEDED: attemptOutcomes.completed,
  FAILED: attemptOutcomes.failed,
  EXPIRED: attemptOutcomes.expired,
  CANCELLED: attemptOutcomes.stopped,
  WAITING: attemptOutcomes.waiting,
};

/** How an attempt ended, by what the scheduler made of it. A job that runs again had failed, or was handed back. */
function outcomeOf(settled: SettledAttempt | undefined, stopped: boolean): AttemptOutcome {
  if (settled === undefined) return attemptOutcomes.lost;
  if (settled.bounced) return attemptOutcomes.bounced;
  const again = stopped ? attemptOutcomes.handedBack : attemptOutcomes.retried;
  return byState[settled.state] ?? again;
}

function reasonOf(outcome: AttemptOutcome, thrown: unknown): { reason: string; message: string } {
  if (outcome === attemptOutcomes.lost) {
    return { reason: "LEASE_LOST", message: "the lease was lost" };
  }
  if (outcome === attemptOutcomes.expired) {
    return { reason: "DEADLINE_EXCEEDED", message: "the job did not finish by its deadline" };
  }
  if (thrown instanceof JobFailure) return { reason: thrown.reason, message: thrown.message };
  if (thrown === undefined) return { reason: "MALFORMED", message: "the result cannot be stored" };
  return { reason: "EXECUTOR_FAILED", message: String(thrown) };
}

/** Ends the span of an attempt at the time at which its executor returned. Only a failure makes it an error. */
export function endAttemptSpan(
  span: OpenSpan,
  settled: SettledAttempt | undefined,
  { atMs, thrown, stopped }: Returned,
): void {
  const outcome = outcomeOf(settled, stopped);
  span.describe({
    [attributeNames.attemptOutcome]: outcome,
    ...(settled === undefined ? {} : { [attributeNames.jobState]: settled.state }),
  });
  if (isFailure(outcome)) {
    const { reason, message } = reasonOf(outcome, thrown);
    span.fail(reason, message);
  }
  span.end(atMs);
}
