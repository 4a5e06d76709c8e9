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
import { exemplarOf, jobFields, type Logger, type SchedulerMetrics } from "@millrace/telemetry";
import { bandOf } from "../policy/band-of.ts";
import { JobLabels } from "./job-labels.ts";
import { recordEndedWait, recordLostAttempt, recordSettlement, recordWait } from "./job-spans.ts";
import { LimitedKeys } from "./limited-keys.ts";
import { SubmissionLog } from "./submission-log.ts";
import { wasLimited } from "./was-limited.ts";

/** Counts, logs and traces the events of jobs. Whoever causes an event reports it once. */
export interface JobObserver {
  submitted(id: JobId, type: string): void;
  /** A job was refused when it was submitted. `reason` is that of its error. */
  refused(id: JobId, type: string, reason: string): void;
  /** Logs what keys have submitted since the last call. */
  logSubmissions(): void;
  groupCreated(id: GroupId): void;
  /** A due run of a schedule was decided. `lagMs` is given for a submitted run. */
  scheduleRun(queue: QueueName, outcome: RunOutcome, count: number, lagMs?: number): void;
  /** Calls ended jobs that wait, and finished groups. */
  otherEnds(ends: OtherEnds, nowMs: number): void;
  /** A job was refused because Redis has little memory left. */
  shed(): void;
  /** The number of jobs whose end gateways await has changed by `change`. */
  awaited(change: number): void;
  leased(lease: Lease, nowMs: number): void;
  /** A lease call held lanes; `lanes` counts them by constraint. */
  held(queue: QueueName, lanes: ReadonlyMap<ConstraintKind, number>): void;
  /** An attempt's report started a cool-down of a provider account. */
  coolingDown(account: string, reason: ProviderReport["kind"]): void;
  settled(
    settlement: Settlement,
    job: Pick<JobRecord, "type" | "attempt" | "startedAtMs" | "traceparent">,
    state: JobState,
    time: SettleTime,
    /** Why the worker handed the job back, if it did. */
    handedBack?: string,
  ): void;
  /** An attempt was settled whose price was known. */
  charged(id: JobId, type: string, costMicros: number): void;
  /** A waiting job ended. */
  ended(job: EndedJob, state: OtherEnd["state"], nowMs: number): void;
  /** A lease expired, or a waiting job did. */
  reaped(job: ReapedJob, nowMs: number): void;
  /** A job was inconsistent and has been repaired. */
  repaired(job: RepairedJob): void;
  appended(batch: OutputBatch, outcome: AppendOutcome | undefined): void;
}

/** When the scheduler began to store an attempt's end, and when it was stored. */
export interface SettleTime {
  readonly startMs: number;
  readonly endMs: number;
}

/** What became of due runs of schedules. */
export const runOutcomes = ["submitted", "skipped", "buffered", "missed", "refused"] as const;
export type RunOutcome = (typeof runOutcomes)[number];

const reapedTo = {
  requeued: undefined,
  failed: "FAILED",
  cancelled: "CANCELLED",
  expired: "EXPIRED",
} as const;

/** When a job became ready to be leased. A backoff does not count as waiting in the queue. */
const dueMs = ({ dueAgainMs, job: { submittedAtMs, runAtMs = 0 } }: Lease): number =>
  dueAgainMs ?? Math.max(submittedAtMs, runAtMs);

/** What the observer shares with the loop that reads the queues. */
export interface ObserverKnowledge {
  readonly labels: JobLabels;
  readonly limitedKeys: LimitedKeys;
}

export const observerKnowledge = (metrics: SchedulerMetrics): ObserverKnowledge => ({
  labels: new JobLabels(metrics),
  limitedKeys: new LimitedKeys(),
});

/** What all parts of the observer use. */
interface ObserverParts extends ObserverKnowledge {
  readonly metrics: SchedulerMetrics;
  readonly log: Logger | undefined;
  readonly submissions: SubmissionLog;
}

export function jobObserver(
  metrics: SchedulerMetrics,
  log?: Logger,
  knowledge: ObserverKnowledge = observerKnowledge(metrics),
): JobObserver {
  const parts = { metrics, log, ...knowledge, submissions: new SubmissionLog(log) };
  return { ...waitingObserver(parts), ...attemptObserver(parts), ...endObserver(parts) };
}

/** The counter of each final state. */
const endingCounters = ({ jobCounters }: SchedulerMetrics) => ({
  SUCCEEDED: jobCounters.jobsCompleted,
  FAILED: jobCounters.jobsFailed,
  CANCELLED: jobCounters.jobsCancelled,
  EXPIRED: jobCounters.jobsExpired,
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
  | "scheduleRun"
  | "shed"
  | "awaited"
  | "held"
  | "coolingDown"
> => ({
  submitted(id, type) {
    metrics.jobCounters.jobsSubmitted.inc(labels.of(id, type));
    submissions.submitted(id);
  },

  refused: (id, type, reason) => submissions.refused(id, type, reason),

  logSubmissions: () => submissions.flush(),

  groupCreated: (id) => metrics.groupsCreated.inc({ queue: queueOf(id) }),

  scheduleRun(queue, outcome, count, lagMs) {
    if (count > 0) metrics.scheduleRuns.inc({ queue, outcome }, count);
    if (lagMs !== undefined) {
      metrics.scheduleLag.observe({ labels: { queue }, value: lagMs / 1_000 });
    }
  },

  coolingDown: (account, reason) =>
    metrics.providerCooldowns.inc({ account: labels.account(account), reason }),

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
  limitedKeys,
}: ObserverParts): Pick<JobObserver, "leased" | "settled" | "charged" | "appended"> {
  const endings = endingCounters(metrics);
  const { jobCounters } = metrics;
  const returns = {
    retry: jobCounters.jobsRetried,
    bounce: jobCounters.jobsBounced,
    wait: jobCounters.jobsFannedOut,
    release: jobCounters.jobsHandedBack,
  };

  return {
    leased(lease, nowMs) {
      const { jobId, job } = lease;
      const by = labels.of(jobId, job.type);
      const startMs = Math.min(dueMs(lease), nowMs);
      const waitMs = nowMs - startMs;
      jobCounters.jobsLeased.inc(by);
      metrics.jobWait.observe({
        labels: labels.wait(
          by.queue,
          bandOf(job.priority),
          wasLimited(lease, waitMs, startMs, limitedKeys),
        ),
        value: waitMs / 1_000,
        exemplarLabels: exemplarOf(job.traceparent),
      });
      recordWait(lease, nowMs);
    },

    settled(settlement, job, state, time, handedBack) {
      const { type, attempt, startedAtMs, traceparent } = job;
      const nowMs = time.endMs;
      const { jobId, kind, usage } = settlement;
      const by = labels.of(jobId, type);
      const durationMs = startedAtMs === undefined ? 0 : Math.max(0, nowMs - startedAtMs);
      if (startedAtMs !== undefined) {
        const exemplarLabels = exemplarOf(traceparent);
        metrics.jobDuration.observe({ labels: by, value: durationMs / 1_000, exemplarLabels });
      }
      if (usage !== undefined) {
        metrics.tokens.inc({ ...by, direction: "input" }, usage.inputTokens);
        metrics.tokens.inc({ ...by, direction: "output" }, usage.outputTokens);
      }
      if (state in endings) endings[state as keyof typeof endings].inc(by);
      else if (kind in returns) returns[kind as keyof typeof returns].inc(by);
      if (log?.isLevelEnabled("debug")) {
        log.debug(
          {
            ...jobFields(jobId, traceparent),
            ...{ type, attempt, state, duration_ms: durationMs },
            ...("failure" in settlement ? { reason: settlement.failure.reason } : {}),
          },
          "settled",
        );
      }
      recordSettlement(settlement, job, state, time, handedBack);
    },

    charged(id, type, costMicros) {
      metrics.spend.inc(labels.of(id, type), costMicros / 1_000_000);
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
  const ended: JobObserver["ended"] = (job, state, nowMs) => {
    const { jobId, type, traceparent } = job;
    endings[state].inc(labels.of(jobId, type));
    recordEndedWait(job, state, nowMs);
    log?.info({ ...jobFields(jobId, traceparent), type, state }, "a job ended while it waited");
  };
  return {
    ended,

    otherEnds({ jobs, groups }, nowMs) {
      for (const job of jobs) ended(job, job.state, nowMs);
      for (const { id, state } of groups) metrics.groupsFinished.inc({ queue: queueOf(id), state });
    },

    reaped(job, nowMs) {
      const { jobId, type, traceparent, outcome, stalled, workerId, attempt } = job;
      const by = labels.of(jobId, type);
      const state = reapedTo[outcome];
      if (stalled) metrics.jobCounters.jobsStalled.inc(by);
      if (state !== undefined) endings[state].inc(by);
      if (stalled) recordLostAttempt(job, nowMs);
      else if (state !== undefined) recordEndedWait(job, state, nowMs);
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
