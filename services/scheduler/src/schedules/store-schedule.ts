import type { Engine, PutScheduleOutcome, ScheduleChange, ScheduleRecord } from "@millrace/engine";
import { type ScheduleSpec, ScheduleSpecSchema } from "@millrace/proto/schedule";
import { assertValid, checkScheduledJob, type RpcErrorInit, rpcError } from "@millrace/runtime";
import {
  type Clock,
  isQueueName,
  type KeyId,
  queueOf,
  type ScheduleId,
  scheduleIdOf,
} from "@millrace/shared";
import {
  changedSpec,
  overlapOf,
  readableSpec,
  sameSpec,
  sameTiming,
  scheduleDetails,
} from "../messages/schedule-spec.ts";
import { refusalOf, unknownModel } from "../messages/submit-result.ts";
import { checkTiming } from "./check-timing.ts";
import { dueTimes } from "./timing.ts";

export interface StoreScheduleParts {
  readonly engine: Pick<Engine, "putSchedule" | "getSchedules" | "recentQueue"> & {
    readonly models: Pick<Engine["models"], "lookUp">;
  };
  readonly clock: Clock;
  /** The most schedules of a key in a queue. */
  readonly most: number;
}

export interface StoredSchedule {
  readonly schedule: ScheduleRecord;
  readonly warnings: readonly string[];
}

export const DEFAULT_SCHEDULES_PER_KEY = 1_000;
/** How often a change is tried again that meets a run, or a change by another caller. */
const TRIES = 10;

/** Checks a spec, and turns the payload of its job into JSON text. Throws why it is refused. Returns warnings for people. */
export function checkSchedule(spec: ScheduleSpec, nowMs: number): readonly string[] {
  assertValid(ScheduleSpecSchema, spec);
  if (spec.job !== undefined) checkScheduledJob(spec.job, nowMs);
  return checkTiming(spec, nowMs);
}

/** Creates a schedule, or finds the one that has its name and its spec. */
export async function createSchedule(
  parts: StoreScheduleParts,
  keyId: KeyId,
  spec: ScheduleSpec,
): Promise<StoredSchedule> {
  const nowMs = parts.clock.nowMs();
  const warnings = checkSchedule(spec, nowMs);
  const id = await scheduleIdIn(parts, keyId, spec);
  const outcome = await parts.engine.putSchedule({
    ...timed(id, spec, nowMs, nowMs),
    ...{ most: parts.most, paused: false, note: "" },
  });
  if (outcome.kind === "done") return { schedule: outcome.schedule, warnings };
  if (outcome.kind !== "changed") throw rpcError(refused(id, outcome));
  if (sameSpec(readableSpec(outcome.schedule.details), spec)) {
    return { schedule: outcome.schedule, warnings };
  }
  throw rpcError({
    reason: "SCHEDULE_EXISTS",
    message: `name: there is a schedule ${id} with another spec: use another name, or update it`,
    metadata: { schedule_id: id },
  });
}

/** Creates a schedule, or gives the one of its name this spec. */
export async function replaceSchedule(
  parts: StoreScheduleParts,
  keyId: KeyId,
  spec: ScheduleSpec,
): Promise<ScheduleRecord> {
  const id = await scheduleIdIn(parts, keyId, spec);
  const [before] = await parts.engine.getSchedules([id]);
  if (before === undefined) return (await createSchedule(parts, keyId, spec)).schedule;
  return changeSchedule(parts, id, (known, nowMs) => changedTo(known, spec, nowMs));
}

/** A schedule with another spec. Undefined if it has this spec. */
function changedTo(
  before: ScheduleRecord,
  spec: ScheduleSpec,
  nowMs: number,
): NewState | undefined {
  const known = readableSpec(before.details);
  if (sameSpec(known, spec)) return undefined;
  const timing = known !== undefined && sameTiming(known, spec);
  const from = timing ? before.timedFromMs : nowMs;
  const { id, paused, note, dueMs } = before;
  if (paused) return { ...undue(id, spec, from), paused, note };
  const afterMs = notBefore(before, nowMs);
  return { ...timed(id, spec, from, afterMs, timing ? dueMs : undefined), paused, note };
}

/** If the clock was set back, what was due before has had its run. */
const notBefore = ({ lastDueMs = 0 }: ScheduleRecord, nowMs: number): number =>
  Math.max(nowMs, lastDueMs);

/** Changes the fields of a schedule that `changes` sets. */
export async function updateSchedule(
  parts: StoreScheduleParts,
  id: ScheduleId,
  changes: ScheduleSpec,
): Promise<StoredSchedule> {
  const { job } = changes;
  if (job !== undefined) {
    if (job.queue !== queueOf(id)) throw otherQueue(id);
    await assertTaken(parts, changes);
  }
  let warnings: readonly string[] = [];
  const schedule = await changeSchedule(parts, id, (before, nowMs) => {
    const known = readableSpec(before.details);
    if (known === undefined) throw unreadable(id);
    const spec = changedSpec(known, changes);
    warnings = checkSchedule(spec, nowMs);
    return changedTo(before, spec, nowMs);
  });
  return { schedule, warnings };
}

/** Pauses a schedule with a note, or resumes it. */
export const pauseSchedule = (
  parts: StoreScheduleParts,
  id: ScheduleId,
  { paused, note }: { readonly paused: boolean; readonly note: string },
): Promise<ScheduleRecord> =>
  changeSchedule(parts, id, (before, nowMs) => {
    if (before.paused === paused && (!paused || before.note === note)) return undefined;
    const { overlap, timedFromMs, details } = before;
    if (paused) return { id, overlap, timedFromMs, details, paused, note };
    const afterMs = notBefore(before, nowMs);
    return { ...timed(id, runnableSpec(before), timedFromMs, afterMs), paused, note: "" };
  });

type NewState = Omit<ScheduleChange, "revision" | "fromDueMs" | "most">;

/** Reads a schedule and stores what `edit` makes of it, again if it has changed meanwhile. `edit` returns undefined for no change. */
async function changeSchedule(
  { engine, clock, most }: StoreScheduleParts,
  id: ScheduleId,
  edit: (before: ScheduleRecord, nowMs: number) => NewState | undefined,
): Promise<ScheduleRecord> {
  for (let left = TRIES; left > 0; left -= 1) {
    const [before] = await engine.getSchedules([id]);
    if (before === undefined) throw scheduleNotFound(id);
    const after = edit(before, clock.nowMs());
    if (after === undefined) return before;
    const { revision, dueMs } = before;
    const outcome = await engine.putSchedule({
      ...{ ...after, revision, most },
      ...(dueMs === undefined ? {} : { fromDueMs: dueMs }),
    });
    if (outcome.kind === "done") return outcome.schedule;
    if (outcome.kind !== "changed") throw rpcError(refused(id, outcome));
  }
  throw rpcError({
    reason: "CHANGED_MEANWHILE",
    message: `the schedule ${id} changed at each of ${TRIES} attempts: call again`,
  });
}

/** The state of a schedule that is due after a time, or at a time that is still to be decided. */
function timed(
  id: ScheduleId,
  spec: ScheduleSpec,
  timedFromMs: number,
  afterMs: number,
  undecidedMs?: number,
): Omit<NewState, "paused" | "note"> {
  const times = dueTimes(id, spec, timedFromMs);
  const dueMs = undecidedMs ?? times.next(afterMs);
  return {
    ...undue(id, spec, timedFromMs),
    ...(dueMs === undefined ? {} : { dueMs, lookMs: times.submitMs(dueMs) }),
  };
}

const undue = (id: ScheduleId, spec: ScheduleSpec, timedFromMs: number) => ({
  ...{ id, overlap: overlapOf(spec), timedFromMs, details: scheduleDetails(spec) },
});

async function scheduleIdIn(
  parts: StoreScheduleParts,
  keyId: KeyId,
  spec: ScheduleSpec,
): Promise<ScheduleId> {
  return scheduleIdOf(await assertTaken(parts, spec), keyId, spec.name);
}

/** Returns the queue of a schedule's job. Throws if there is no such queue or model, or if the queue does not take the job. */
async function assertTaken({ engine }: Pick<StoreScheduleParts, "engine">, { job }: ScheduleSpec) {
  const { queue = "", type = "", model = "" } = job ?? {};
  const definition = isQueueName(queue) ? await engine.recentQueue(queue) : undefined;
  if (definition === undefined || !isQueueName(queue)) {
    throw rpcError({
      reason: "QUEUE_NOT_FOUND",
      message: `job.queue: there is no queue ${queue}; check the name, or ask an operator to create it`,
    });
  }
  if (definition.types.length > 0 && !definition.types.includes(type)) {
    throw rpcError({
      reason: "UNKNOWN_JOB_TYPE",
      message: `job.type: the queue accepts no jobs of the type ${type}; check the type, or use another queue`,
    });
  }
  const found = model === "" ? undefined : await engine.models.lookUp(model);
  if (found?.kind === "notFound") {
    throw rpcError(unknownModel("job.model", model, found.nearest));
  }
  return queue;
}

function otherQueue(id: ScheduleId) {
  const description = `must be ${queueOf(id)}, or be left out: a schedule stays in its queue`;
  return rpcError({
    reason: "MALFORMED",
    message: `job.queue: ${description}`,
    violations: [{ field: "job.queue", description }],
  });
}

export const scheduleNotFound = (id: string) =>
  rpcError({ reason: "SCHEDULE_NOT_FOUND", message: `there is no schedule ${id}` });

/** The spec of a schedule that is to run. Throws if nobody can read it, or if it has no job or no times. */
export function runnableSpec({ id, details }: Pick<ScheduleRecord, "id" | "details">) {
  const spec = readableSpec(details);
  if (spec?.job === undefined || spec.timing.case === undefined) throw unreadable(id);
  return spec;
}

const unreadable = (id: ScheduleId) =>
  rpcError({
    reason: "ILLEGAL_TRANSITION",
    message: `the schedule ${id} cannot be read, because another version of Millrace has written it: delete it, and create it again`,
    metadata: { schedule_id: id },
  });

function refused(
  id: ScheduleId,
  outcome: Exclude<PutScheduleOutcome, { readonly kind: "done" | "changed" }>,
): RpcErrorInit {
  switch (outcome.kind) {
    case "notFound":
      return { reason: "SCHEDULE_NOT_FOUND", message: `there is no schedule ${id}` };
    case "full":
      return {
        reason: "SCHEDULES_FULL",
        message: `this API key has ${outcome.limit} schedules in the queue, the most that it may have: delete one, or ask an operator to raise MILLRACE_SCHEDULES_PER_KEY`,
        metadata: { limit: String(outcome.limit) },
      };
    case "storedBytesFull":
      return refusalOf(id, outcome);
  }
}
