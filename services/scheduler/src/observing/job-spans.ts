import type {
  ConstraintKind,
  EndedJob,
  Hold,
  JobRecord,
  Lease,
  ReapedJob,
  Settlement,
} from "@millrace/engine";
import { type JobId, type JobState, queueOf } from "@millrace/shared";
import {
  type AttemptOutcome,
  attemptOutcomes,
  attributeNames,
  jobAttributes,
  type PastSpan,
  recordSpans,
  spanEvents,
  spanNames,
  waitOutcomes,
} from "@millrace/telemetry";
import { heldTimes, type Phase, waitPhases } from "./wait-phases.ts";

interface Waits {
  readonly job: { readonly id: JobId; readonly type: string };
  /** The attempt that follows. */
  readonly attempt: number;
  readonly phases: readonly Phase[];
  readonly holds: readonly Hold[];
  /** Constraints whose times are not known. */
  readonly heldBy: readonly ConstraintKind[];
  readonly lastEnd: Lease["lastEnd"];
  /** Why the last attempt ended. */
  readonly reason: string | undefined;
  readonly outcome: (typeof waitOutcomes)[keyof typeof waitOutcomes];
  readonly workerId: string | undefined;
}

const BACKOFF_OUTCOMES: Readonly<Record<string, AttemptOutcome>> = {
  retry: attemptOutcomes.retried,
  bounce: attemptOutcomes.bounced,
};

/** The spans of a wait. Only the last phase ended as the wait did. */
const waitSpans = (waits: Waits): readonly PastSpan[] =>
  waits.phases.map((phase, index): PastSpan => {
    const { job, attempt, lastEnd, reason, workerId } = waits;
    const times = heldTimes(phase, waits.holds);
    const isLast = index === waits.phases.length - 1;
    const inLane = phase.name === spanNames.queueWait;
    const kinds = [...new Set([...times.map(({ kind }) => kind), ...(inLane ? waits.heldBy : [])])];
    const after = phase.name === spanNames.backoff ? lastEnd : undefined;
    const outcomeBefore = after === undefined ? undefined : BACKOFF_OUTCOMES[after.kind];
    return {
      ...{ name: phase.name, startMs: phase.startMs, endMs: phase.endMs },
      kind: inLane ? "consumer" : "internal",
      attributes: {
        ...jobAttributes("receive", { jobId: job.id, queue: queueOf(job.id), type: job.type }),
        [attributeNames.attempt]: attempt,
        [attributeNames.waitOutcome]: isLast ? waits.outcome : waitOutcomes.over,
        ...(kinds.length === 0 ? {} : { [attributeNames.heldBy]: kinds }),
        ...(outcomeBefore === undefined
          ? {}
          : {
              [attributeNames.attemptOutcome]: outcomeBefore,
              ...(reason === undefined ? {} : { [attributeNames.errorType]: reason }),
            }),
        ...(inLane && isLast && workerId !== undefined
          ? { [attributeNames.workerId]: workerId, [attributeNames.messagingClientId]: workerId }
          : {}),
      },
      events: times.map(({ kind, fromMs, toMs }) => ({
        ...{ name: spanEvents.held, atMs: fromMs },
        attributes: { [attributeNames.constraint]: kind, [attributeNames.heldMs]: toMs - fromMs },
      })),
    };
  });

/** Records how a job waited whose attempt starts now. */
export function recordWait(lease: Lease, nowMs: number): void {
  recordSpans(lease.job, () => {
    const { jobId: id, job, attempt, dueAgainMs, lastEnd, heldBy, holds } = lease;
    const facts = { ...job, dueAgainMs, lastEnd, isFinalizer: job.finalizes !== undefined };
    return waitSpans({
      ...{ job: { id, type: job.type }, attempt, heldBy, holds, lastEnd },
      // By another replica's clock it was due a little later, and has waited in its lane all the same.
      phases: waitPhases(facts, Math.max(nowMs, dueAgainMs ?? job.runAtMs ?? 0)),
      reason: job.failure?.reason,
      outcome: waitOutcomes.over,
      workerId: job.workerId,
    });
  });
}

/** Records how a job waited that ended without an attempt. */
export function recordEndedWait(
  { jobId: id, type, traceparent, waited }: EndedJob,
  state: "FAILED" | "CANCELLED" | "EXPIRED",
  nowMs: number,
): void {
  if (traceparent === undefined || waited === undefined) return;
  const { submittedAtMs = nowMs, spent, heldBy, lastEnd } = waited;
  const outcome = { FAILED: waitOutcomes.failed, CANCELLED: waitOutcomes.cancelled }[
    state as "FAILED"
  ];
  recordSpans({ traceparent }, () =>
    waitSpans({
      ...{ job: { id, type }, attempt: spent + 1, heldBy, holds: [], lastEnd, reason: undefined },
      phases: waitPhases({ ...waited, submittedAtMs, isFinalizer: false }, nowMs),
      outcome: outcome ?? waitOutcomes.expired,
      workerId: undefined,
    }),
  );
}

/** Records the attempt of a worker that was lost: nobody else reports it. */
export function recordLostAttempt(
  { jobId, type, traceparent, waited, outcome }: ReapedJob,
  nowMs: number,
): void {
  if (traceparent === undefined || waited === undefined) return;
  const { workerId = "", startedAtMs = nowMs, spent } = waited;
  recordSpans({ traceparent }, () => [
    {
      ...{ name: spanNames.attempt, kind: "consumer", startMs: startedAtMs, endMs: nowMs },
      attributes: {
        ...jobAttributes("process", { jobId, queue: queueOf(jobId), type }),
        [attributeNames.attempt]: spent,
        [attributeNames.attemptOutcome]: attemptOutcomes.lost,
        [attributeNames.workerId]: workerId,
        [attributeNames.messagingClientId]: workerId,
        [attributeNames.jobState]: outcome === "requeued" ? "QUEUED" : outcome.toUpperCase(),
      },
      failure: { reason: "STALLED", message: `the worker ${workerId} was lost` },
    },
  ]);
}

/** How an attempt ended, by its settlement and the state that this gave the job. */
export function attemptOutcome(kind: Settlement["kind"], state: JobState): AttemptOutcome {
  if (state === "CANCELLED") return attemptOutcomes.stopped;
  if (state === "EXPIRED") return attemptOutcomes.expired;
  if (state === "FAILED") return attemptOutcomes.failed;
  const outcomes = {
    complete: attemptOutcomes.completed,
    fail: attemptOutcomes.failed,
    retry: attemptOutcomes.retried,
    bounce: attemptOutcomes.bounced,
    wait: attemptOutcomes.waiting,
    release: attemptOutcomes.handedBack,
  };
  return outcomes[kind];
}

/**
 * Records that the end of an attempt was stored, between `startMs` and `endMs`. To store a failure is no failure: only the
 * span of the attempt is an error.
 */
export function recordSettlement(
  settlement: Settlement,
  job: Pick<JobRecord, "type" | "attempt" | "traceparent">,
  state: JobState,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  handedBack: string | undefined,
): void {
  recordSpans(job, () => {
    const { jobId, kind } = settlement;
    const outcome = attemptOutcome(kind, state);
    const failure = "failure" in settlement ? settlement.failure : undefined;
    const reason = failure?.reason ?? (kind === "release" ? handedBack : undefined);
    return [
      {
        ...{ name: spanNames.settle, kind: "client", startMs, endMs },
        attributes: {
          ...jobAttributes("settle", { jobId, queue: queueOf(jobId), type: job.type }),
          [attributeNames.attempt]: job.attempt,
          [attributeNames.attemptOutcome]: outcome,
          [attributeNames.jobState]: state,
          ...(reason === undefined ? {} : { [attributeNames.reason]: reason }),
        },
      },
    ];
  });
}
