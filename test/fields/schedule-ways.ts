/** Proves that every field of a schedule is stored as it was sent, and shown by every method that shows a schedule. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  OverlapPolicy,
  type Schedule,
  type ScheduleSpec,
  ScheduleSpecSchema,
} from "@millrace/proto/schedule";
import * as outer from "@millrace/proto/schedule-service";
import * as inner from "@millrace/proto/scheduler-service";
import {
  systemClock as clock,
  type JobId,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { expect } from "vitest";
import { lately } from "./expected-job.ts";
import { type Expected, Wanted } from "./ledger.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const OF_ONE_JOB = [
  ...["run_at", "expires_at", "deadline", "idempotency_key", "traceparent", "tracestate"],
  "deduplication",
];
const fiveTimes = new Wanted("five times", (value) => (value as unknown[]).length === 5);
let made = 0;

/** A spec with each field set. Of the timing, only the chosen member is. */
export function newSpec(choice: SpecChoice, timing: "cron" | "interval"): ScheduleSpec {
  made += 1;
  const init: MessageInitShape<typeof ScheduleSpecSchema> = {
    ...{ name: `made-${made}`, catchUp: 2 + made, overlap: OverlapPolicy.ALLOW_ALL },
    jitter: durationFromMs(made * 1_000),
    job: filledSpec({
      ...choice,
      needs: timing === "cron" ? "pool" : "model",
      payload: "payload_json",
      skip: OF_ONE_JOB,
    }),
    ...(timing === "cron"
      ? { timing: { case: "cron", value: `${made} 3 * * *` }, timeZone: "Europe/Berlin" }
      : { timing: { case: "interval", value: durationFromMs(86_400_000 + made * 1_000) } }),
  };
  return create(ScheduleSpecSchema, init);
}

const shownAs = (spec: ScheduleSpec, id: string): Expected => ({
  ...{ id, spec, createTime: lately, updateTime: lately, nextTimes: fiveTimes },
});

export async function proveSchedules(world: World, choice: SpecChoice): Promise<void> {
  for (const timing of ["cron", "interval"] as const) {
    const ofCallers = await proveOuter(world, choice, timing);
    await proveInner(world, choice, timing, ofCallers);
  }
}

const idOf = (schedule: Schedule | undefined) => String(schedule?.id);

async function proveOuter(world: World, choice: SpecChoice, timing: "cron" | "interval") {
  const { ledger, schedules } = world;
  const { ScheduleService: _, ...messages } = outer;
  const service = (name: string) => `ScheduleService.${name}`;
  const spec = newSpec(choice, timing);
  const created = await schedules.createSchedule({ spec });
  const id = idOf(created.schedule);
  expect(id).toBe(`${choice.queue}~${world.keyId}~${spec.name}`);
  const schedule = shownAs(spec, id);
  ledger.compare(
    service("CreateSchedule response"),
    messages.CreateScheduleResponseSchema,
    { ...created, warnings: [] },
    { schedule },
  );
  const got = await schedules.getSchedule({ scheduleId: id });
  ledger.compare(service("GetSchedule response"), messages.GetScheduleResponseSchema, got, {
    schedule,
  });
  const request = create(messages.CreateScheduleRequestSchema, { spec: got.schedule?.spec ?? {} });
  ledger.compare(service("CreateSchedule request"), messages.CreateScheduleRequestSchema, request, {
    spec: spec as never,
  });
  ledger.prove(service("GetSchedule request"), "schedule_id");
  await proveUpdate(world, choice, timing, id);
  await schedules.updateSchedule({ scheduleId: id, changes: spec });

  const paused = await schedules.pauseSchedule({ scheduleId: id, note: "because" });
  const { nextTimes: __, ...undue } = schedule;
  ledger.compare(service("PauseSchedule response"), messages.PauseScheduleResponseSchema, paused, {
    schedule: { ...undue, paused: true, pauseNote: "because" },
  });
  ledger.prove(service("PauseSchedule request"), "schedule_id", "note");
  const resumed = await schedules.resumeSchedule({ scheduleId: id });
  ledger.compare("ResumeSchedule response", messages.ResumeScheduleResponseSchema, resumed, {
    schedule,
  });
  ledger.prove("ResumeSchedule request", "schedule_id");
  const page = await schedules.listSchedules({ queue: choice.queue });
  const listed = page.schedules.filter((one) => one.id === id);
  ledger.compare(
    service("ListSchedules response"),
    messages.ListSchedulesResponseSchema,
    { ...page, schedules: listed },
    { schedules: [schedule] },
  );
  await provePages(world, choice.queue);
  await proveRunAndDelete(world, choice);
  return id;
}

async function proveUpdate(
  world: World,
  choice: SpecChoice,
  timing: "cron" | "interval",
  id: string,
): Promise<void> {
  const { ledger, schedules } = world;
  const changes = { ...newSpec(choice, timing), name: "" };
  const { warnings } = await schedules.updateSchedule({
    scheduleId: id,
    changes: { timing: { case: "cron", value: "* * * * * *" }, jitter: {} },
  });
  expect(warnings).toHaveLength(1);
  ledger.prove("ScheduleService.UpdateSchedule response", "warnings");
  const updated = await schedules.updateSchedule({ scheduleId: id, changes });
  const after = updated.schedule?.spec;
  const schedule = shownAs({ ...changes, name: after?.name ?? "" }, id);
  ledger.compare(
    "ScheduleService.UpdateSchedule response",
    outer.UpdateScheduleResponseSchema,
    updated,
    { schedule },
  );
  const request = create(outer.UpdateScheduleRequestSchema, {
    ...{ scheduleId: id, changes: { ...(after as ScheduleSpec), name: "" } },
  });
  if (request.changes?.job !== undefined) request.changes.job.queue = "";
  ledger.compare(
    "ScheduleService.UpdateSchedule request",
    outer.UpdateScheduleRequestSchema,
    request,
    { scheduleId: id, changes: { ...changes, job: { ...changes.job, queue: "" } } as never },
  );
}

async function provePages(world: World, queue: string): Promise<void> {
  const { ledger, schedules, scheduler, keyId } = world;
  await schedules.createSchedule({ spec: plain(queue, "zz-last") });
  const first = await schedules.listSchedules({ queue, pageSize: 1 });
  expect(first.schedules).toHaveLength(1);
  const { nextPageToken: pageToken } = first;
  const second = await schedules.listSchedules({ queue, pageSize: 1, pageToken });
  expect(idOf(second.schedules[0])).not.toBe(idOf(first.schedules[0]));
  ledger.prove("ScheduleService.ListSchedules request", "queue", "page_size", "page_token");
  ledger.prove("ScheduleService.ListSchedules response", "next_page_token");
  const page = await scheduler.listSchedules({ keyId, filter: { queue, pageSize: 1 } });
  expect(page.page?.nextPageToken).toBe(pageToken);
  ledger.prove("SchedulerService.ListSchedules request", "key_id", "filter");
  ledger.prove("SchedulerService.ListSchedules response", "page.next_page_token");
}

const plain = (queue: string, name: string): MessageInitShape<typeof ScheduleSpecSchema> => ({
  ...{ name, timing: { case: "cron", value: "0 0 1 1 *" }, job: { queue, type: "fill" } },
});

async function proveRunAndDelete(world: World, { queue }: SpecChoice): Promise<void> {
  const { ledger, schedules, scheduler, keyId } = world;
  const warned = await schedules.createSchedule({
    spec: { ...plain(queue, "often"), timing: { case: "cron", value: "* * * * * *" } },
  });
  expect(warned.warnings).toHaveLength(1);
  ledger.prove("ScheduleService.CreateSchedule response", "warnings");
  const scheduleId = idOf(warned.schedule);
  await schedules.pauseSchedule({ scheduleId });
  const { jobId } = await schedules.runScheduleNow({ scheduleId });
  expect((await world.stored(jobId)).details).toContain(scheduleId);
  ledger.prove("RunScheduleNow request", "schedule_id");
  ledger.prove("RunScheduleNow response", "job_id");
  const own = newJobId(queue as QueueName, keyId as KeyId, clock.nowMs(), random);
  expect(await scheduler.runSchedule({ keyId, scheduleId, jobId: own })).toMatchObject({
    jobId: own,
  });
  ledger.prove("RunSchedule request", "key_id", "schedule_id", "job_id");
  ledger.prove("RunSchedule response", "job_id");
  for (const id of [jobId, own]) await world.engine.cancel(id as JobId, "");
  expect(await scheduler.deleteSchedule({ keyId, scheduleId })).toMatchObject({ existed: true });
  ledger.prove("SchedulerService.DeleteSchedule request", "key_id", "schedule_id");
  ledger.prove("SchedulerService.DeleteSchedule response", "existed");
  const last = `${queue}~${keyId}~zz-last`;
  await schedules.deleteSchedule({ scheduleId: last });
  await expect(schedules.getSchedule({ scheduleId: last })).rejects.toMatchObject({
    reason: "SCHEDULE_NOT_FOUND",
  });
  ledger.prove("ScheduleService.DeleteSchedule request", "schedule_id");
}

async function proveInner(
  { ledger, scheduler, keyId }: World,
  choice: SpecChoice,
  timing: "cron" | "interval",
  known: string,
): Promise<void> {
  const service = (name: string) => `SchedulerService.${name}`;
  const spec = newSpec(choice, timing);
  const created = await scheduler.createSchedule({ keyId, spec });
  const id = idOf(created.reply?.schedule);
  expect(id.split("~")[1]).toBe(keyId);
  const schedule = shownAs(spec, id);
  ledger.compare(service("CreateSchedule response"), inner.CreateScheduleResponseSchema, created, {
    reply: { schedule },
  });
  const got = await scheduler.getSchedule({ keyId, scheduleId: id });
  ledger.compare(service("GetSchedule response"), inner.GetScheduleResponseSchema, got, {
    schedule,
  });
  ledger.prove(service("GetSchedule request"), "key_id", "schedule_id");
  const request = create(inner.CreateScheduleRequestSchema, {
    ...{ keyId, spec: got.schedule?.spec ?? {} },
  });
  ledger.compare(service("CreateSchedule request"), inner.CreateScheduleRequestSchema, request, {
    ...{ keyId, spec: spec as never },
  });
  const changes = { ...newSpec(choice, timing), name: "" };
  const update = { scheduleId: id, changes };
  const updated = await scheduler.updateSchedule({ keyId, update });
  const after = shownAs({ ...changes, name: spec.name }, id);
  ledger.compare(service("UpdateSchedule response"), inner.UpdateScheduleResponseSchema, updated, {
    reply: { schedule: after },
  });
  const sent = create(inner.UpdateScheduleRequestSchema, {
    keyId,
    update: {
      scheduleId: id,
      changes: { ...(updated.reply?.schedule?.spec as ScheduleSpec), name: "" },
    },
  });
  if (sent.update?.changes?.job !== undefined) sent.update.changes.job.queue = "";
  ledger.compare(service("UpdateSchedule request"), inner.UpdateScheduleRequestSchema, sent, {
    keyId,
    update: { scheduleId: id, changes: { ...changes, job: { ...changes.job, queue: "" } } },
  });
  const often = { timing: { case: "cron", value: "* * * * * *" }, jitter: {} } as const;
  const warned = await scheduler.updateSchedule({
    ...{ keyId, update: { scheduleId: id, changes: often } },
  });
  expect(warned.reply?.warnings).toHaveLength(1);
  const again = { name: "often-2", timing: often.timing, job: { queue: choice.queue, type: "a" } };
  const second = await scheduler.createSchedule({ keyId, spec: again });
  expect(second.reply?.warnings).toHaveLength(1);
  ledger.prove(service("UpdateSchedule response"), "reply.warnings");
  ledger.prove(service("CreateSchedule response"), "reply.warnings");
  await scheduler.deleteSchedule({ keyId, scheduleId: idOf(second.reply?.schedule) });

  const paused = await scheduler.pauseSchedule({
    ...{ keyId, scheduleId: known, paused: true, note: "because" },
  });
  const { spec: stored } = paused.schedule ?? {};
  const { nextTimes: __, ...undue } = shownAs(stored as ScheduleSpec, known);
  ledger.compare(service("PauseSchedule response"), inner.PauseScheduleResponseSchema, paused, {
    schedule: { ...undue, paused: true, pauseNote: "because" },
  });
  ledger.prove(service("PauseSchedule request"), "key_id", "schedule_id", "paused", "note");
  await scheduler.pauseSchedule({ keyId, scheduleId: known, paused: false });
  await scheduler.deleteSchedule({ keyId, scheduleId: id });
  const page = await scheduler.listSchedules({ keyId, filter: { queue: choice.queue } });
  const listed = (page.page?.schedules ?? []).filter((one) => one.id === known);
  ledger.compare(
    service("ListSchedules response"),
    inner.ListSchedulesResponseSchema,
    create(inner.ListSchedulesResponseSchema, { page: { schedules: listed } }),
    { page: { schedules: [shownAs(stored as ScheduleSpec, known)] } },
  );
}
