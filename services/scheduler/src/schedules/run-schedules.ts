import type { Engine, Failure, JobSpec, ScheduleRecord } from "@millrace/engine";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import {
  type Clock,
  type KeyId,
  newJobId,
  parseScheduleId,
  queueOf,
  type Random,
} from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import { together } from "../loops/each-queue.ts";
import { catchUpOf, scheduleSpecOf } from "../messages/schedule-spec.ts";
import { refusalOf, type SubmissionOutcome } from "../messages/submit-result.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import { type DueTimes, type ScheduleStep, scheduleStep } from "../policy/schedule-step.ts";
import { jobWeight } from "../submitting/gather-submissions.ts";
import { retryDefaultsOf, scheduledJob } from "./scheduled-job.ts";
import { dueTimes } from "./timing.ts";

export interface RunSchedulesParts {
  readonly engine: Pick<Engine, "submit" | "noteRun" | "recentQueue" | "putSchedule"> & {
    readonly apiKeys: Pick<Engine["apiKeys"], "getAll">;
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
  readonly kind: "decided";
  readonly schedule: ScheduleRecord;
  readonly spec: ScheduleSpec;
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
  const decisions = schedules.map((schedule) => decide(schedule, nowMs));
  const decided = decisions.filter((decision) => decision.kind === "decided");
  // They start together after the submission: a promise that rejects before it is awaited ends the process.
  const notes: (() => Promise<unknown>)[] = decisions.flatMap((decision) =>
    decision.kind === "unreadable"
      ? [() => setAside(parts, decision.schedule, decision.error)]
      : [],
  );
  const revoked = await revokedKeys(parts, decided);
  const runs: { readonly of: Decided; readonly job: JobSpec }[] = [];
  for (const of of decided) {
    const { schedule, spec, step } = of;
    const { keyId, queue } = parseScheduleId(schedule.id) ?? {};
    if (keyId === undefined || queue === undefined) continue;
    if (step.kind === "none") {
      notes.push(() => note(parts, schedule, step));
    } else if (revoked.has(keyId)) {
      notes.push(() => pauseRevoked(parts, schedule));
    } else {
      const { kind: _, run: kind, ...moved } = step;
      const fromMs = kind === "due" ? schedule.dueMs : schedule.bufferedMs;
      const run = { id: schedule.id, revision: schedule.revision, kind, ...moved, fromMs };
      const id = newJobId(queue, keyId, nowMs, random);
      const defaultRetry = await retryDefaultsOf(engine, queue);
      try {
        const job = scheduledJob(id, spec, withoutUndefined(run), nowMs, defaultRetry);
        runs.push({ of, job });
      } catch (error) {
        notes.push(() => setAside(parts, schedule, error));
      }
    }
  }
  const outcomes = await submitRuns(parts, runs);
  for (const [index, { of, job }] of runs.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error("the engine returned no outcome for a run");
    const failure = report(parts, of, job, outcome, nowMs);
    if (failure !== undefined) notes.push(() => retryLater(parts, of, failure, nowMs));
  }
  const settled = await Promise.allSettled(notes.map((start) => start()));
  const failed = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const error = together(failed, "schedules");
  if (error !== undefined) throw error;
}

/** Which of the keys of runs are revoked. All are read together. */
async function revokedKeys(
  { engine }: RunSchedulesParts,
  decided: readonly Decided[],
): Promise<ReadonlySet<KeyId>> {
  const runs = decided.filter(({ step }) => step.kind === "run");
  const keyIds = new Set(runs.flatMap(({ schedule }) => parseScheduleId(schedule.id)?.keyId ?? []));
  const keys = await engine.apiKeys.getAll([...keyIds]);
  return new Set(keys.flatMap((key) => (key?.revokedMs === undefined ? [] : [key.keyId])));
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

/** Of a schedule that another program has written, nobody can know when it is due, or what its job is. */
interface Unreadable {
  readonly kind: "unreadable";
  readonly schedule: ScheduleRecord;
  readonly error: unknown;
}

function decide(schedule: ScheduleRecord, nowMs: number): Decided | Unreadable {
  try {
    const spec = scheduleSpecOf(schedule.details);
    const times = dueTimes(schedule.id, spec, schedule.timedFromMs);
    const state = {
      ...schedule,
      busy: schedule.unfinished.length > 0,
      catchUp: catchUpOf(spec),
    };
    return { kind: "decided", schedule, spec, times, step: scheduleStep(state, times, nowMs) };
  } catch (error) {
    return { kind: "unreadable", schedule, error };
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
async function pauseRevoked(parts: RunSchedulesParts, schedule: ScheduleRecord): Promise<void> {
  if (await pause(parts, schedule, "its API key was revoked"))
    parts.log.warn({ schedule: schedule.id }, "paused a schedule, because its API key was revoked");
}

/** Pauses a schedule that cannot be read, so that it is logged once. Its owner deletes it and creates it again. */
async function setAside(
  parts: RunSchedulesParts,
  schedule: ScheduleRecord,
  error: unknown,
): Promise<void> {
  if (await pause(parts, schedule, "it cannot be read: delete it, and create it again"))
    parts.log.warn(
      { error, schedule: schedule.id },
      "paused a schedule, because it cannot be read: delete it, and create it again",
    );
}

/** Returns false if the schedule has been changed or was due meanwhile. */
async function pause(
  { engine }: RunSchedulesParts,
  { id, revision, overlap, timedFromMs, details, dueMs }: ScheduleRecord,
  note: string,
): Promise<boolean> {
  const change = {
    ...{ id, revision, overlap, timedFromMs, details, paused: true, note },
    ...(dueMs === undefined ? {} : { fromDueMs: dueMs }),
  };
  const outcome = await engine.putSchedule({ ...change, most: Number.MAX_SAFE_INTEGER });
  return outcome.kind === "done";
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A copy without the members that are undefined. */
const withoutUndefined = <T extends object>(of: T): Defined<T> =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as Defined<T>;
