import type {
  AppendOutcome,
  ConstraintKind,
  EndedJob,
  JobRecord,
  Lease,
  OtherEnd,
  OtherEnds,
  OutputBatch,
  ProviderReport,
  ReapedJob,
  RepairedJob,
  Settlement,
} from "@millrace/engine";
import { type GroupId, type JobId, type JobState, type QueueName, queueOf } from "@millrace/shared";
import {
  attributeNames,
  boundedLabel,
  jobFields,
  type Logger,
  type Metrics,
  recordSpan,
  spanNames,
} from "@millrace/telemetry";
import { SubmissionLog } from "./submission-log.ts";

/** Counts, logs and traces the events of jobs. Whoever causes an event reports it once. */
export interface JobObserver {
  submitted(id: JobId, type: string): void;
  /** A job was refused when it was submitted. `reason` is that of its error. */
  refused(id: JobId, type: string, reason: string): void;
  /** Logs what keys have submitted since the last call. */
  logSubmissions(): void;
  groupCreated(id: GroupId): void;
  /** Calls ended jobs that wait, and finished groups. */
  otherEnds(ends: OtherEnds): void;
  /** A job was refused because Redis has little memory left. */
  shed(): void;
  /** The number of jobs whose end gateways await has changed by `change`. */
  awaited(change: number): void;
  leased(lease: Lease, nowMs: number): void;
  /** A lease call held lanes; `lanes` counts them by constraint. */
  held(queue: QueueName, lanes: ReadonlyMap<ConstraintKind, number>): void;
  /** An attempt's report started a cool-down of a provider account. */
  coolingDown(reason: ProviderReport["kind"]): void;
  settled(
    settlement: Settlement,
    job: Pick<JobRecord, "type" | "attempt" | "startedAtMs" | "traceparent">,
    state: JobState,
    nowMs: number,
  ): void;
  /** A waiting job ended. */
  ended(job: EndedJob, state: OtherEnd["state"]): void;
  /** A lease expired, or a waiting job did. */
  reaped(job: ReapedJob): void;
  /** A job was inconsistent and has been repaired. */
  repaired(job: RepairedJob): void;
  appended(batch: OutputBatch, outcome: AppendOutcome | undefined): void;
}

/** The most type labels of metrics. If a queue accepts any type, callers invent them. */
const TYPES = 200;

const reapedTo = {
  requeued: undefined,
  failed: "FAILED",
  cancelled: "CANCELLED",
  expired: "EXPIRED",
} as const;

/** When a job became ready to be leased. A backoff does not count as waiting in the queue. */
const dueMs = ({ dueAgainMs, job: { submittedAtMs, runAtMs = 0 } }: Lease): number =>
  dueAgainMs ?? Math.max(submittedAtMs, runAtMs);

/** What all parts of the observer use. */
interface ObserverParts {
  readonly metrics: Metrics;
  readonly log: Logger | undefined;
  readonly submissions: SubmissionLog;
  readonly labels: (
    id: JobId,
    type: string,
  ) => { readonly queue: QueueName; readonly type: string };
}

export function jobObserver(metrics: Metrics, log?: Logger): JobObserver {
  const typeLabel = boundedLabel(TYPES);
  const labels = (id: JobId, type: string) => ({ queue: queueOf(id), type: typeLabel(type) });
  const parts = { metrics, log, labels, submissions: new SubmissionLog(log) };
  return { ...waitingObserver(parts), ...attemptObserver(parts), ...endObserver(parts) };
}

/** The counter of each final state. */
const endingCounters = (metrics: Metrics) => ({
  SUCCEEDED: metrics.jobsCompleted,
  FAILED: metrics.jobsFailed,
  CANCELLED: metrics.jobsCancelled,
  EXPIRED: metrics.jobsExpired,
});

/** Observes jobs that wait: their submission, and what holds them. */
const waitingObserver = ({
  metrics,
  labels,
  submissions,
}: ObserverParts): Pick<
  JobObserver,
  | "submitted"
  | "refused"
  | "logSubmissions"
  | "groupCreated"
  | "shed"
  | "awaited"
  | "held"
  | "coolingDown"
> => ({
  submitted(id, type) {
    metrics.jobsSubmitted.inc(labels(id, type));
    submissions.submitted(id);
  },

  refused: (id, type, reason) => submissions.refused(id, type, reason),

  logSubmissions: () => submissions.flush(),

  groupCreated: (id) => metrics.groupsCreated.inc({ queue: queueOf(id) }),

  coolingDown: (reason) => metrics.providerCooldowns.inc({ reason }),

  shed: () => metrics.jobsShed.inc(),

  awaited: (change) => metrics.awaitedJobs.inc(change),

  held(queue, lanes) {
    for (const [constraint, count] of lanes) metrics.lanesHeld.inc({ queue, constraint }, count);
  },
});

/** Observes attempts: their start, their output and their end. */
function attemptObserver({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<JobObserver, "leased" | "settled" | "appended"> {
  const endings = endingCounters(metrics);
  const returns = {
    retry: metrics.jobsRetried,
    bounce: metrics.jobsBounced,
    wait: metrics.jobsFannedOut,
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

/** Observes jobs that ended or were repaired without a worker's report. */
function endObserver({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<JobObserver, "ended" | "otherEnds" | "reaped" | "repaired"> {
  const endings = endingCounters(metrics);
  const ended: JobObserver["ended"] = ({ jobId, type, traceparent }, state) => {
    endings[state].inc(labels(jobId, type));
    log?.info({ ...jobFields(jobId, traceparent), type, state }, "a job ended while it waited");
  };
  return {
    ended,

    otherEnds({ jobs, groups }) {
      for (const job of jobs) ended(job, job.state);
      for (const { id, state } of groups) metrics.groupsFinished.inc({ queue: queueOf(id), state });
    },

    reaped({ jobId, type, traceparent, outcome, stalled, workerId, attempt }) {
      const by = labels(jobId, type);
      const state = reapedTo[outcome];
      if (stalled) metrics.jobsStalled.inc(by);
      if (state !== undefined) endings[state].inc(by);
      const what = stalled ? "a job lost its worker" : "a job ended while it waited";
      const fields = {
        ...{ ...jobFields(jobId, traceparent), type, state: state ?? "QUEUED" },
        ...(stalled ? { worker_id: workerId, attempt } : {}),
      };
      log?.[stalled ? "warn" : "info"](fields, what);
    },

    repaired({ jobId, type, traceparent, done }) {
      metrics.jobsRepaired.inc({ queue: queueOf(jobId) });
      log?.warn({ ...jobFields(jobId, traceparent), type, done }, "repaired a job");
    },
  };
}
