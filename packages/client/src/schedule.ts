import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { JobSpec } from "@millrace/proto/job";
import {
  OverlapPolicy as OverlapMessage,
  type Schedule as ScheduleMessage,
  type ScheduleSpecSchema,
  type ScheduleSpec as SpecMessage,
} from "@millrace/proto/schedule";
import { type JobFailure, type NewJob, specOf } from "./job.ts";
import { parsed } from "./parsed.ts";

/** What happens at a due time while a job of an earlier run has not ended. */
export type OverlapPolicy = "skip" | "buffer_one" | "allow_all";

/** The job that a schedule submits. What belongs to one job alone is left out. */
export type ScheduledJob = Omit<
  NewJob,
  | ("runAt" | "expiresAt" | "deadline" | "idempotencyKey" | "deduplication" | "groupId")
  | ("traceparent" | "tracestate" | "maxCostMicros" | "refuseLate")
>;

/** A schedule to create. `name`, `job`, and one of `cron` and `intervalMs` are required. */
export interface NewSchedule {
  /** Unique among the schedules of the API key in the job's queue. */
  readonly name: string;
  /** Five fields, or six that begin with the second. */
  readonly cron?: string;
  /** 1 s to 366 days. */
  readonly intervalMs?: number;
  /** The IANA zone of the cron expression. Default UTC. */
  readonly timeZone?: string;
  readonly job: ScheduledJob;
  /** Default "skip". */
  readonly overlap?: OverlapPolicy;
  /** How many missed runs are made up for. Default 1. */
  readonly catchUp?: number;
  /** Each run is submitted up to this long after its due time. Default 0. */
  readonly jitterMs?: number;
}

/** Fields to change. The queue of a job may be left out. */
export type ScheduleChanges = Partial<Omit<NewSchedule, "name" | "job">> & {
  readonly job?: Omit<ScheduledJob, "queue">;
};

export interface Schedule extends Omit<NewSchedule, "job"> {
  /** `<queue>~<key id>~<name>`. */
  readonly id: string;
  readonly job: ScheduledJob;
  readonly paused: boolean;
  /** Why it is paused. */
  readonly pauseNote?: string;
  readonly createTime?: Date;
  readonly updateTime?: Date;
  /** The next five due times, without jitter. Empty while it is paused. */
  readonly nextTimes: readonly Date[];
  /** The due time of the run that waits for the end of earlier jobs. */
  readonly bufferedDueTime?: Date;
  readonly lastDueTime?: Date;
  readonly lastJobId?: string;
  /** How many jobs it has submitted. */
  readonly runs: number;
  readonly skipped: number;
  readonly missed: number;
  /** Why its last run could not be submitted. */
  readonly failure?: JobFailure;
}

export interface StoredSchedule extends Schedule {
  /** What may be a mistake, for people. */
  readonly warnings: readonly string[];
}

type SpecInit = MessageInitShape<typeof ScheduleSpecSchema>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const overlaps: Readonly<Record<OverlapPolicy, OverlapMessage>> = {
  skip: OverlapMessage.SKIP,
  buffer_one: OverlapMessage.BUFFER_ONE,
  allow_all: OverlapMessage.ALLOW_ALL,
};

export function scheduleSpecOf(schedule: ScheduleChanges & { readonly name?: string }): SpecInit {
  const { name, cron, intervalMs, timeZone, job, overlap, catchUp, jitterMs } = schedule;
  const spec: Mutable<SpecInit> = {};
  if (name !== undefined) spec.name = name;
  if (cron !== undefined) spec.timing = { case: "cron", value: cron };
  else if (intervalMs !== undefined)
    spec.timing = { case: "interval", value: durationFromMs(intervalMs) };
  if (timeZone !== undefined) spec.timeZone = timeZone;
  if (job !== undefined) spec.job = specOf({ queue: "", ...job });
  if (overlap !== undefined) spec.overlap = overlaps[overlap];
  if (catchUp !== undefined) spec.catchUp = catchUp;
  if (jitterMs !== undefined) spec.jitter = durationFromMs(jitterMs);
  return spec;
}

/** A newer gateway may send policies that this client does not know. Their name is then their number. */
const overlapOf = (overlap: OverlapMessage): OverlapPolicy =>
  (OverlapMessage[overlap]?.toLowerCase() ?? String(overlap)) as OverlapPolicy;

function timingOf({
  timing,
  timeZone,
}: SpecMessage): Pick<NewSchedule, "cron" | "intervalMs" | "timeZone"> {
  if (timing.case === "interval") return { intervalMs: durationMs(timing.value) };
  return {
    ...(timing.case === "cron" ? { cron: timing.value } : {}),
    ...(timeZone === "" ? {} : { timeZone }),
  };
}

function jobOf(spec: JobSpec | undefined): ScheduledJob {
  const job: Mutable<ScheduledJob> = { queue: spec?.queue ?? "", type: spec?.type ?? "" };
  if (spec === undefined) return job;
  const { payload, retry } = spec;
  if (payload.case === "payloadJson") job.payload = parsed(payload.value) as object;
  if (spec.documentIds.length > 0) job.documentIds = spec.documentIds;
  if (spec.priority !== undefined) job.priority = spec.priority;
  if (spec.pool !== "") job.pool = spec.pool;
  if (spec.model !== "") job.model = spec.model;
  if (spec.estimatedTokens !== 0) job.estimatedTokens = spec.estimatedTokens;
  if (Object.keys(spec.labels).length > 0) job.labels = spec.labels;
  if (retry !== undefined) {
    const { maxAttempts, initialBackoff, maxBackoff } = retry;
    job.retry = {
      ...(maxAttempts === 0 ? {} : { maxAttempts }),
      ...(initialBackoff === undefined ? {} : { initialBackoffMs: durationMs(initialBackoff) }),
      ...(maxBackoff === undefined ? {} : { maxBackoffMs: durationMs(maxBackoff) }),
    };
  }
  return job;
}

const timeNames = ["createTime", "updateTime", "bufferedDueTime", "lastDueTime"] as const;

export function scheduleOf(message: ScheduleMessage): Schedule {
  const { spec, failure } = message;
  const schedule: Mutable<Schedule> = {
    id: message.id,
    name: spec?.name ?? "",
    ...(spec === undefined ? {} : timingOf(spec)),
    job: jobOf(spec?.job),
    overlap: spec?.overlap ? overlapOf(spec.overlap) : "skip",
    paused: message.paused,
    nextTimes: message.nextTimes.map(timestampDate),
    runs: Number(message.runs),
    skipped: Number(message.skipped),
    missed: Number(message.missed),
  };
  if (spec?.catchUp !== undefined) schedule.catchUp = spec.catchUp;
  if (spec?.jitter !== undefined) schedule.jitterMs = durationMs(spec.jitter);
  if (message.pauseNote !== "") schedule.pauseNote = message.pauseNote;
  if (message.lastJobId !== "") schedule.lastJobId = message.lastJobId;
  if (failure !== undefined) {
    const { reason, message: text, retryable } = failure;
    schedule.failure = { reason, message: text, retryable };
  }
  for (const name of timeNames) {
    const time: Timestamp | undefined = message[name];
    if (time !== undefined) schedule[name] = timestampDate(time);
  }
  return schedule;
}
