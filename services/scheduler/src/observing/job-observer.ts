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
  ProviderVerdict,
  ReapedJob,
  RepairedJob,
  Settlement,
} from "@millrace/engine";
import {
  type GroupId,
  type JobId,
  type JobState,
  parseJobId,
  type QueueName,
  queueOf,
} from "@millrace/shared";
import {
  attributeNames,
  exemplarOf,
  jobFields,
  type Logger,
  recordSpan,
  type SchedulerMetrics,
  spanNames,
} from "@millrace/telemetry";
import { bandOf } from "../policy/band-of.ts";
import { isEndpointPool } from "../webhooks/endpoint-circuits.ts";
import { JobLabels } from "./job-labels.ts";
import { LimitedKeys } from "./limited-keys.ts";

/** Counts, logs and traces the events of jobs. Whoever causes an event reports it once. */
export interface JobObserver {
  submitted(id: JobId, type: string): void;
  groupCreated(id: GroupId): void;
  /** A due run of a schedule was decided. `lagMs` is given for a submitted run. */
  scheduleRun(queue: QueueName, outcome: RunOutcome, count: number, lagMs?: number): void;
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
  coolingDown(account: string, reason: ProviderReport["kind"], verdict: ProviderVerdict): void;
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

/** A job that waited no longer than this was leased before its key could be seen to be limited. */
const SEEN_AFTER_MS = 5_000;

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
}

export function jobObserver(
  metrics: SchedulerMetrics,
  log?: Logger,
  knowledge: ObserverKnowledge = observerKnowledge(metrics),
): JobObserver {
  const parts = { metrics, log, ...knowledge };
  return { ...waitingObserver(parts), ...attemptObserver(parts), ...endObserver(parts) };
}

/** The counter of each final state. */
const endingCounters = ({ jobCounters }: SchedulerMetrics) => ({
  SUCCEEDED: jobCounters.jobsCompleted,
  FAILED: jobCounters.jobsFailed,
  CANCELLED: jobCounters.jobsCancelled,
  EXPIRED: jobCounters.jobsExpired,
});

/** Whether a limit of the job's own key held it for a part of its wait. */
function wasLimited({ jobId, heldBy }: Lease, waitMs: number, startMs: number, keys: LimitedKeys) {
  if (heldBy.some((kind) => kind.startsWith("KEY_"))) return true;
  const job = waitMs > SEEN_AFTER_MS ? parseJobId(jobId) : undefined;
  return job !== undefined && keys.since(job.queue, job.keyId, startMs);
}

/** Observes jobs that wait: their submission, and what holds them. */
const waitingObserver = ({
  metrics,
  log,
  labels,
}: ObserverParts): Pick<
  JobObserver,
  "submitted" | "groupCreated" | "scheduleRun" | "shed" | "awaited" | "held" | "coolingDown"
> => ({
  submitted: (id, type) => metrics.jobCounters.jobsSubmitted.inc(labels.of(id, type)),

  groupCreated: (id) => metrics.groupsCreated.inc({ queue: queueOf(id) }),

  scheduleRun(queue, outcome, count, lagMs) {
    if (count > 0) metrics.scheduleRuns.inc({ queue, outcome }, count);
    if (lagMs !== undefined) {
      metrics.scheduleLag.observe({ labels: { queue }, value: lagMs / 1_000 });
    }
  },

  coolingDown(account, reason, { kind, coolUntilMs }) {
    metrics.providerCooldowns.inc({ account: labels.account(account), reason });
    const until = coolUntilMs === undefined ? undefined : new Date(coolUntilMs).toISOString();
    if (isEndpointPool(account)) {
      // Its owner sees it. Operators see how many there are.
      log?.debug({ pool: account, reason, until }, "requests to a webhook endpoint pause");
      return;
    }
    log?.warn(
      { account, reason, probe: kind === "PROBE", until },
      "a provider account is cooling down",
    );
  },

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
}: ObserverParts): Pick<JobObserver, "leased" | "settled" | "appended"> {
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
      const { jobId, job, attempt, heldBy } = lease;
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
    endings[state].inc(labels.of(jobId, type));
    log?.info({ ...jobFields(jobId, traceparent), type, state }, "a job ended while it waited");
  };
  return {
    ended,

    otherEnds({ jobs, groups }) {
      for (const job of jobs) ended(job, job.state);
      for (const { id, state } of groups) metrics.groupsFinished.inc({ queue: queueOf(id), state });
    },

    reaped({ jobId, type, traceparent, outcome, stalled }) {
      const by = labels.of(jobId, type);
      const state = reapedTo[outcome];
      if (stalled) metrics.jobCounters.jobsStalled.inc(by);
      if (state !== undefined) endings[state].inc(by);
      const what = stalled ? "a job lost its worker" : "a job ended while it waited";
      const fields = { ...jobFields(jobId, traceparent), type, state: state ?? "QUEUED" };
      log?.[stalled ? "warn" : "info"](fields, what);
    },

    repaired({ jobId, type, traceparent, done }) {
      metrics.jobsRepaired.inc({ queue: queueOf(jobId) });
      log?.warn({ ...jobFields(jobId, traceparent), type, done }, "repaired a job");
    },
  };
}
