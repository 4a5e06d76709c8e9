import type {
  AppendOutcome,
  ConstraintKind,
  EndedJob,
  JobRecord,
  Lease,
  OutputBatch,
  ProviderReport,
  ProviderVerdict,
  ReapedJob,
  RepairedJob,
  Settlement,
} from "@millrace/engine";
import { type JobId, type JobState, type QueueName, queueOf } from "@millrace/shared";
import {
  attributeNames,
  boundedLabel,
  jobFields,
  type Logger,
  type Metrics,
  recordSpan,
  spanNames,
} from "@millrace/telemetry";

/** Counts, logs and traces what happens to jobs: each thing once, by whoever made it happen. */
export interface JobObserver {
  submitted(id: JobId, type: string): void;
  /** A job was refused because Redis has little memory left. */
  shed(): void;
  /** By how many the jobs have changed whose end gateways wait for. */
  awaited(change: number): void;
  leased(lease: Lease, nowMs: number): void;
  /** A lease set lanes aside, by what holds them. */
  held(queue: QueueName, lanes: ReadonlyMap<ConstraintKind, number>): void;
  /** A provider account pauses by what an attempt reported. */
  paused(account: string, reason: ProviderReport["kind"], verdict: ProviderVerdict): void;
  settled(
    settlement: Settlement,
    job: Pick<JobRecord, "type" | "attempt" | "startedAtMs" | "traceparent">,
    state: JobState,
    nowMs: number,
  ): void;
  /** A waiting job ended. */
  ended(job: EndedJob, state: "CANCELLED" | "EXPIRED"): void;
  /** A lease ran out, or a waiting job's time did. */
  reaped(job: ReapedJob): void;
  /** Something was wrong with a job, and is mended. */
  repaired(job: RepairedJob): void;
  appended(batch: OutputBatch, outcome: AppendOutcome | undefined): void;
}

/** Types of a queue that takes any are what its callers make up. */
const TYPES = 200;

const reapedTo = {
  requeued: undefined,
  failed: "FAILED",
  cancelled: "CANCELLED",
  expired: "EXPIRED",
} as const;

/** When a job could be leased: what it waited for a backoff is not its queue's doing. */
const dueMs = ({ dueAgainMs, job: { submittedAtMs, runAtMs = 0 } }: Lease): number =>
  dueAgainMs ?? Math.max(submittedAtMs, runAtMs);

/** What every part of the observer counts and logs with. */
interface ObserverParts {
  readonly metrics: Metrics;
  readonly log: Logger | undefined;
  readonly labels: (
    id: JobId,
    type: string,
  ) => { readonly queue: QueueName; readonly type: string };
}

export function jobObserver(metrics: Metrics, log?: Logger): JobObserver {
  const typeLabel = boundedLabel(TYPES);
  const labels = (id: JobId, type: string) => ({ queue: queueOf(id), type: typeLabel(type) });
  const parts = { metrics, log, labels };
  return { ...waitingObserver(parts), ...attemptObserver(parts), ...endObserver(parts) };
}

/** How each final state is counted. */
const endingCounters = (metrics: Metrics) => ({
  SUCCEEDED: metrics.jobsCompleted,
  FAILED: metrics.jobsFailed,
  CANCELLED: metrics.jobsCancelled,
  EXPIRED: metrics.jobsExpired,
});

/** Jobs that were submitted, and what they wait for. */
const waitingObserver = ({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<JobObserver, "submitted" | "shed" | "awaited" | "held" | "paused"> => ({
  submitted: (id, type) => metrics.jobsSubmitted.inc(labels(id, type)),

  paused(account, reason, { kind, coolUntilMs }) {
    metrics.providerPauses.inc({ reason });
    const until = coolUntilMs === undefined ? undefined : new Date(coolUntilMs).toISOString();
    log?.warn({ account, reason, probe: kind === "PROBE", until }, "provider account paused");
  },

  shed: () => metrics.jobsShed.inc(),

  awaited: (change) => metrics.awaitedJobs.inc(change),

  held(queue, lanes) {
    for (const [constraint, count] of lanes) metrics.lanesHeld.inc({ queue, constraint }, count);
  },
});

/** Attempts: their start, their output and their end. */
function attemptObserver({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<JobObserver, "leased" | "settled" | "appended"> {
  const endings = endingCounters(metrics);
  const returns = {
    retry: metrics.jobsRetried,
    bounce: metrics.jobsBounced,
    release: metrics.jobsHandedBack,
  };

  return {
    leased(lease, nowMs) {
      const { jobId, job, attempt, heldBy } = lease;
      const by = labels(jobId, job.type);
      const startMs = Math.min(dueMs(lease), nowMs);
      metrics.jobsLeased.inc(by);
      metrics.jobWait.observe(by, (nowMs - startMs) / 1_000);
      recordSpan(
        spanNames.queueWait,
        job,
        { startMs, endMs: nowMs },
        {
          [attributeNames.jobId]: jobId,
          [attributeNames.queue]: by.queue,
          [attributeNames.jobType]: job.type,
          [attributeNames.attempt]: attempt,
          ...(heldBy.length === 0 ? {} : { [attributeNames.heldBy]: [...heldBy] }),
        },
      );
    },

    settled(settlement, { type, attempt, startedAtMs, traceparent }, state, nowMs) {
      const { jobId, kind, usage } = settlement;
      const by = labels(jobId, type);
      const durationMs = startedAtMs === undefined ? 0 : Math.max(0, nowMs - startedAtMs);
      if (startedAtMs !== undefined) metrics.jobDuration.observe(by, durationMs / 1_000);
      if (usage !== undefined) {
        metrics.tokens.inc({ ...by, direction: "input" }, usage.inputTokens);
        metrics.tokens.inc({ ...by, direction: "output" }, usage.outputTokens);
      }
      if (state in endings) endings[state as keyof typeof endings].inc(by);
      else if (kind in returns) returns[kind as keyof typeof returns].inc(by);
      log?.debug(
        {
          ...jobFields(jobId, traceparent),
          ...{ type, attempt, state, duration_ms: durationMs },
          ...("failure" in settlement ? { reason: settlement.failure.reason } : {}),
        },
        "settled",
      );
    },

    appended({ jobId, chunks }, outcome) {
      if (outcome?.kind !== "appended") return;
      const by = { queue: queueOf(jobId) };
      metrics.outputChunks.inc(by, chunks.length);
      metrics.outputBytes.inc(
        by,
        chunks.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0),
      );
    },
  };
}

/** Jobs that ended, or were put right, without a worker's report. */
function endObserver({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<JobObserver, "ended" | "reaped" | "repaired"> {
  const endings = endingCounters(metrics);
  return {
    ended({ jobId, type, traceparent }, state) {
      endings[state].inc(labels(jobId, type));
      log?.info({ ...jobFields(jobId, traceparent), type, state }, "ended while it waited");
    },

    reaped({ jobId, type, traceparent, outcome, stalled }) {
      const by = labels(jobId, type);
      const state = reapedTo[outcome];
      if (stalled) metrics.jobsStalled.inc(by);
      if (state !== undefined) endings[state].inc(by);
      const what = stalled ? "lost its worker" : "ended while it waited";
      const fields = { ...jobFields(jobId, traceparent), type, state: state ?? "QUEUED" };
      log?.[stalled ? "warn" : "info"](fields, what);
    },

    repaired({ jobId, type, traceparent, done }) {
      metrics.jobsRepaired.inc({ queue: queueOf(jobId) });
      log?.warn({ ...jobFields(jobId, traceparent), type, done }, "mended a job");
    },
  };
}
