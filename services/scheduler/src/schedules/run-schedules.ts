import type { Engine, Failure, JobSpec, ScheduleRecord } from "@millrace/engine";
import {
  type Clock,
  newJobId,
  parseScheduleId,
  queueOf,
  type Random,
  type ScheduleId,
} from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import { catchUpOf, scheduleSpecOf } from "../messages/schedule-spec.ts";
import { refusalOf, type SubmissionOutcome } from "../messages/submit-result.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import { type DueTimes, type ScheduleStep, scheduleStep } from "../policy/schedule-step.ts";
import { jobWeight } from "../submitting/gather-submissions.ts";
import { scheduledJob } from "./scheduled-job.ts";
import { dueTimes } from "./timing.ts";

export interface RunSchedulesParts {
  readonly engine: Pick<Engine, "submit" | "noteRun" | "recentQueue" | "putSchedule"> & {
    readonly apiKeys: Pick<Engine["apiKeys"], "get">;
  };
  readonly observer: Pick<JobObserver, "submitted" | "scheduleRun" | "shed">;
  readonly pressure: Pick<MemoryPressure, "admits">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Logger, "warn">;
}

/** When a run whose job was refused is tried again. */
const RETRY_MS = 10_000;

/** A schedule with the decision about it. */
interface Decided {
  readonly schedule: ScheduleRecord;
  readonly times: DueTimes;
  readonly step: ScheduleStep;
}

/**
 * Submits the runs of schedules that are due, in one call, and notes the others. The engine decides each due time once, so
 * any number of schedulers may do this at the same time, and may stop anywhere.
 */
export async function runSchedules(
  parts: RunSchedulesParts,
  schedules: readonly ScheduleRecord[],
): Promise<void> {
  const { engine, random } = parts;
  const nowMs = parts.clock.nowMs();
  const decided = schedules.flatMap((schedule) => decide(parts, schedule, nowMs) ?? []);
  const notes: Promise<unknown>[] = [];
  const runs: { readonly of: Decided; readonly job: JobSpec }[] = [];
  for (const of of decided) {
    const { schedule, step } = of;
    const { keyId, queue } = parseScheduleId(schedule.id) ?? {};
    if (keyId === undefined || queue === undefined) continue;
    if (step.kind === "none") {
      notes.push(note(parts, schedule, step));
    } else if ((await engine.apiKeys.get(keyId))?.revokedMs !== undefined) {
      notes.push(pauseRevoked(parts, schedule));
    } else {
      const { kind: _, run: kind, ...moved } = step;
      const fromMs = kind === "due" ? schedule.dueMs : schedule.bufferedMs;
      const run = { id: schedule.id, revision: schedule.revision, kind, ...moved, fromMs };
      const id = newJobId(queue, keyId, nowMs, random);
      const spec = scheduleSpecOf(schedule.details);
      runs.push({ of, job: await scheduledJob(engine, id, spec, withoutUndefined(run), nowMs) });
    }
  }
  const outcomes = await submitRuns(parts, runs);
  for (const [index, { of, job }] of runs.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error("the engine returned no outcome for a run");
    const failure = report(parts, of, job, outcome, nowMs);
    if (failure !== undefined) notes.push(retryLater(parts, of, failure, nowMs));
  }
  await Promise.all(notes);
}

async function submitRuns(
  { engine, pressure, observer }: RunSchedulesParts,
  runs: readonly { readonly job: JobSpec }[],
): Promise<readonly SubmissionOutcome[]> {
  if (runs.length === 0) return [];
  const jobs = runs.map(({ job }) => job);
  if (pressure.admits(jobs.reduce((sum, job) => sum + jobWeight(job), 0))) {
    return engine.submit(jobs);
  }
  for (const _ of jobs) observer.shed();
  return jobs.map(() => ({ kind: "storeFull" }));
}

/** Undefined if another program has written the schedule: nobody can know when it is due. */
function decide(
  { log }: RunSchedulesParts,
  schedule: ScheduleRecord,
  nowMs: number,
): Decided | undefined {
  try {
    const spec = scheduleSpecOf(schedule.details);
    const times = dueTimes(schedule.id, spec, schedule.timedFromMs);
    const state = {
      ...schedule,
      busy: schedule.unfinished.length > 0,
      catchUp: catchUpOf(spec),
    };
    return { schedule, times, step: scheduleStep(state, times, nowMs) };
  } catch (error) {
    log.warn({ error, schedule: schedule.id }, "a stored schedule cannot be read: create it again");
    return undefined;
  }
}

/** Reports what became of a run. Returns why its job was refused. */
function report(
  { observer }: RunSchedulesParts,
  { schedule, step, times }: Decided,
  job: JobSpec,
  outcome: SubmissionOutcome,
  nowMs: number,
): Failure | undefined {
  const queue = queueOf(schedule.id);
  // What was missed has been counted by the script that decided about the run.
  const decides = ["accepted", "runSkipped", "runBuffered"].includes(outcome.kind);
  if (decides) observer.scheduleRun(queue, "missed", step.missed);
  switch (outcome.kind) {
    case "accepted": {
      observer.submitted(job.id, job.type);
      const lagMs = Math.max(0, nowMs - times.submitMs(job.run?.dueMs ?? nowMs));
      observer.scheduleRun(queue, "submitted", 1, lagMs);
      return undefined;
    }
    case "runSkipped":
      observer.scheduleRun(queue, "skipped", 1);
      return undefined;
    case "runBuffered":
      observer.scheduleRun(queue, "buffered", 1);
      return undefined;
    case "existing":
    case "runMoved":
    case "runWaits":
      return undefined;
    default: {
      observer.scheduleRun(queue, "refused", 1);
      const { reason = "INTERNAL", message = "" } = refusalOf(job.id, outcome) ?? {};
      return { reason, message, retryable: true };
    }
  }
}

/** Leaves the due time as it is. */
function retryLater(
  { engine }: RunSchedulesParts,
  { schedule }: Decided,
  failure: Failure,
  nowMs: number,
): Promise<boolean> {
  const { id, revision, dueMs } = schedule;
  const lookMs = nowMs + RETRY_MS;
  return engine.noteRun({ id, revision, dueMs, missed: 0, nextDueMs: dueMs, lookMs, failure });
}

async function note(
  { engine, observer }: RunSchedulesParts,
  { id, revision, dueMs }: ScheduleRecord,
  { missed, nextDueMs, lookMs }: ScheduleStep,
): Promise<void> {
  const noted = await engine.noteRun({ id, revision, dueMs, missed, nextDueMs, lookMs });
  if (noted) observer.scheduleRun(queueOf(id), "missed", missed);
}

/** A revoked key stays revoked, so its schedules are never due again. */
async function pauseRevoked(
  { engine, log }: RunSchedulesParts,
  schedule: ScheduleRecord,
): Promise<void> {
  const { id, revision, overlap, timedFromMs, details, dueMs } = schedule;
  const note = "its API key was revoked";
  const change = {
    ...{ id, revision, overlap, timedFromMs, details, paused: true, note },
    ...(dueMs === undefined ? {} : { fromDueMs: dueMs }),
  };
  const outcome = await engine.putSchedule({ ...change, most: Number.MAX_SAFE_INTEGER });
  if (outcome.kind === "done") warnOfRevoked(log, id);
}

const warnOfRevoked = (log: Pick<Logger, "warn">, schedule: ScheduleId): void =>
  log.warn({ schedule }, "paused a schedule, because its API key was revoked");

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A copy without the members that are undefined. */
const withoutUndefined = <T extends object>(of: T): Defined<T> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as Defined<T>;
