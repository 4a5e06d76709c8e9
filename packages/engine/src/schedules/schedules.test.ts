import { type JobId, type KeyId, type ScheduleId, scheduleIdOf } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import { auditEngine } from "../audit/audit-engine.ts";
import type { QueueChange, ScheduleChange, ScheduleRecord, ScheduleRun } from "../index.ts";
import { shardAt } from "../redis/keys.ts";

const HOUR_MS = 3_600_000;

async function scheduled(change: Partial<QueueChange> = {}) {
  const parts = await setup(change);
  const { engine, time, job, url } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const startMs = time.nowMs;
  const put = (name: string, spec: Partial<ScheduleChange> = {}, key = "aaaa") =>
    engine.putSchedule({
      ...{ id: scheduleIdOf(queue, key as KeyId, name), most: 100, overlap: "skip" },
      ...{ dueMs: startMs + HOUR_MS, lookMs: startMs + HOUR_MS, timedFromMs: startMs },
      ...{ details: '{"a":1}', paused: false, note: "" },
      ...spec,
    });
  const create = async (name: string, spec: Partial<ScheduleChange> = {}) => {
    const made = await put(name, spec);
    if (made.kind !== "done") throw new Error(made.kind);
    return made.schedule;
  };
  const read = async (id: ScheduleId) => {
    const [schedule] = await engine.getSchedules([id]);
    if (schedule === undefined) throw new Error(`there is no schedule ${id}`);
    return schedule;
  };
  /** Submits the run that is due, and makes the schedule due an hour later. */
  const runOf = (schedule: ScheduleRecord, more: Partial<ScheduleRun> = {}) => {
    const { id, revision, dueMs = 0, bufferedMs = 0 } = schedule;
    const buffered = more.kind === "buffered";
    const nextMs = buffered ? dueMs : dueMs + HOUR_MS;
    const run: ScheduleRun = {
      ...{ id, revision, kind: "due", dueMs, fromMs: dueMs, nextDueMs: nextMs, lookMs: nextMs },
      ...(buffered ? { dueMs: bufferedMs, fromMs: bufferedMs } : {}),
      ...more,
    };
    return job("aaaa", { run });
  };
  const submit = async (schedule: ScheduleRecord, more: Partial<ScheduleRun> = {}) => {
    const spec = runOf(schedule, more);
    const [outcome] = await engine.submit([spec]);
    return { kind: outcome?.kind, id: spec.id };
  };
  const finish = async (id: JobId) => {
    const lease = await leaseOne(engine);
    expect(lease.jobId).toBe(id);
    await engine.settle([{ ...lease, kind: "complete", resultJson: "1" }]);
  };
  return { ...parts, redis, startMs, put, create, read, runOf, submit, finish };
}

const as = ({ revision, dueMs }: ScheduleRecord) => ({
  ...{ revision },
  ...(dueMs === undefined ? {} : { fromDueMs: dueMs }),
});

test("a change that was read before a run does not bring back its due time", async () => {
  const { create, put, read, submit } = await scheduled();
  const before = await create("nightly");
  await submit(before);
  expect(await put("nightly", as(before))).toMatchObject({ kind: "changed" });
  const { dueMs = 0 } = await read(before.id);
  expect(dueMs).toBe(Number(before.dueMs) + HOUR_MS);
});

test("a schedule is found when it is to be looked at, and by one of two schedulers", async () => {
  const { engine, another, time, create, startMs } = await scheduled();
  const { id, dueMs } = await create("nightly", { lookMs: startMs + HOUR_MS + 7 });
  const other = await another();
  time.nowMs = startMs + HOUR_MS + 6;
  expect(await engine.takeSchedules(queue, 10, 5_000)).toEqual({
    ...{ schedules: [], nextLookMs: startMs + HOUR_MS + 7 },
  });
  time.nowMs += 1;
  const { schedules } = await engine.takeSchedules(queue, 10, 5_000);
  expect(schedules).toMatchObject([{ id, dueMs, details: '{"a":1}', unfinished: [] }]);
  expect((await other.takeSchedules(queue, 10, 5_000)).schedules).toEqual([]);
  time.nowMs += 5_000;
  expect((await other.takeSchedules(queue, 10, 5_000)).schedules).toMatchObject([{ id }]);
});

test("a due time gives one job, however many schedulers submit its run", async () => {
  const { engine, another, create, read, runOf, redis, rootPrefix } = await scheduled();
  const before = await create("nightly");
  const others = await Promise.all([another(), another(), another()]);
  const runs = [engine, ...others].map(() => runOf(before));
  const outcomes = await Promise.all(
    [engine, ...others].map((one, at) => one.submit([runs[at] as never])),
  );
  const kinds = outcomes.map(([outcome]) => outcome?.kind).sort();
  expect(kinds).toEqual(["accepted", "runMoved", "runMoved", "runMoved"]);
  const after = await read(before.id);
  expect(after).toMatchObject({
    ...{ dueMs: Number(before.dueMs) + HOUR_MS, lastDueMs: before.dueMs, made: 1 },
    unfinished: [after.lastJobId],
  });
  expect((await engine.getJobs(runs.map(({ id }) => id))).filter(Boolean)).toHaveLength(1);
  await audit(redis, rootPrefix);
});

test("a run of a schedule that was changed, deleted or belongs to another key is not stored", async () => {
  const { engine, create, put, submit, runOf, job } = await scheduled();
  const first = await create("nightly");
  const { id } = first;
  expect(await put("nightly", { ...as(first), overlap: "allow" })).toMatchObject({ kind: "done" });
  expect(await submit(first)).toMatchObject({ kind: "runMoved" });
  const [second] = await engine.getSchedules([id]);
  const { run } = runOf(second as ScheduleRecord);
  expect(await engine.submit([job("bbbb", { run: run as ScheduleRun })])).toEqual([
    { kind: "runMoved" },
  ]);
  expect(await engine.deleteSchedule(id)).toBe(true);
  expect(await submit(second as ScheduleRecord)).toMatchObject({ kind: "runMoved" });
  expect(await engine.deleteSchedule(id)).toBe(false);
});

test("skip: a due time is skipped until the earlier job has ended, whatever state it waits in", async () => {
  const { create, read, submit, finish } = await scheduled();
  const schedule = await create("nightly");
  const { id } = await submit(schedule);
  expect(await submit(await read(schedule.id))).toMatchObject({ kind: "runSkipped" });
  expect(await read(schedule.id)).toMatchObject({
    ...{ made: 1, skipped: 1, dueMs: Number(schedule.dueMs) + 2 * HOUR_MS, unfinished: [id] },
  });
  await finish(id);
  expect(await submit(await read(schedule.id))).toMatchObject({ kind: "accepted" });
});

test("buffer: one run waits for the end of the earlier job, and further ones are skipped", async () => {
  const { engine, create, read, submit, finish, time } = await scheduled();
  const schedule = await create("nightly", { overlap: "buffer" });
  const { id } = await submit(schedule);
  expect(await submit(await read(schedule.id))).toMatchObject({ kind: "runBuffered" });
  const bufferedMs = Number(schedule.dueMs) + HOUR_MS;
  expect(await submit(await read(schedule.id))).toMatchObject({ kind: "runSkipped" });
  expect(await read(schedule.id)).toMatchObject({ bufferedMs, skipped: 1, made: 1 });
  expect(await submit(await read(schedule.id), { kind: "buffered" })).toMatchObject({
    kind: "runWaits",
  });
  // It is looked at each second while a run is buffered.
  time.nowMs += 1_000;
  expect((await engine.takeSchedules(queue, 9, 5_000)).schedules).toHaveLength(1);
  await finish(id);
  const waiting = await read(schedule.id);
  expect(await submit(waiting, { kind: "buffered" })).toMatchObject({ kind: "accepted" });
  expect(await submit(waiting, { kind: "buffered" })).toMatchObject({ kind: "runMoved" });
  const after = await read(schedule.id);
  expect(after).toMatchObject({ made: 2, lastDueMs: bufferedMs, dueMs: waiting.dueMs });
  expect(after).not.toHaveProperty("bufferedMs");
});

test("allow: jobs of several runs run at once, and the newest ten are remembered", async () => {
  const { create, read, submit } = await scheduled();
  const schedule = await create("often", { overlap: "allow" });
  const ids: JobId[] = [];
  for (let n = 0; n < 12; n += 1) ids.push((await submit(await read(schedule.id))).id);
  expect(await read(schedule.id)).toMatchObject({ made: 12, unfinished: ids.slice(2) });
});

test("run now ignores the overlap policy and a pause, leaves the due time, and counts as an earlier job", async () => {
  const { engine, create, read, submit, runOf } = await scheduled();
  const schedule = await create("nightly");
  await submit(schedule);
  const now = { kind: "now", dueMs: 5 } as const;
  const spec = runOf(await read(schedule.id), now);
  expect(await engine.submit([spec])).toEqual([{ kind: "accepted" }]);
  expect(await engine.submit([spec])).toMatchObject([{ kind: "existing", jobId: spec.id }]);
  const after = await read(schedule.id);
  expect(after).toMatchObject({
    made: 2,
    lastDueMs: schedule.dueMs,
    dueMs: Number(schedule.dueMs) + HOUR_MS,
  });
  expect(after.unfinished).toHaveLength(2);
  const { dueMs: _, ...undue } = after;
  await engine.putSchedule({ ...undue, ...as(after), most: 9, paused: true });
  expect(await submit(await read(schedule.id), now)).toMatchObject({ kind: "accepted" });
});

test("a refused job leaves its run due", async () => {
  const { create, read, submit, engine, job } = await scheduled({ maxDepthPerKey: 1 });
  const schedule = await create("nightly");
  const other = job("aaaa");
  await engine.submit([other]);
  expect(await submit(schedule)).toMatchObject({ kind: "depthFull" });
  const failure = { reason: "DEPTH_FULL", message: "too many", retryable: true };
  const { id, revision, dueMs } = schedule;
  const note = { id, revision, dueMs, missed: 0, nextDueMs: dueMs, lookMs: 9, failure };
  expect(await engine.noteRun(note)).toBe(true);
  expect(await read(id)).toMatchObject({ dueMs, made: 0, failure });
  await engine.cancel(other.id, "");
  expect(await stateOf(engine, other.id)).toBe("CANCELLED");
  expect(await submit(schedule)).toMatchObject({ kind: "accepted" });
  expect(await read(id)).not.toHaveProperty("failure");
  expect(await engine.noteRun(note)).toBe(false);
});

test("missed due times are counted once", async () => {
  const { create, read, engine, submit } = await scheduled();
  const schedule = await create("nightly");
  const { id, revision, dueMs = 0 } = schedule;
  const nextDueMs = dueMs + 5 * HOUR_MS;
  const note = { id, revision, dueMs, missed: 5, nextDueMs, lookMs: nextDueMs };
  expect(await engine.noteRun(note)).toBe(true);
  expect(await engine.noteRun(note)).toBe(false);
  const run = { dueMs: nextDueMs + HOUR_MS, missed: 1, nextDueMs: nextDueMs + 2 * HOUR_MS };
  await submit(await read(id), run);
  expect(await read(id)).toMatchObject({ missed: 6, made: 1, lastDueMs: nextDueMs + HOUR_MS });
});

test("a new schedule finds the one of its name, and a change needs the revision that was read", async () => {
  const { create, put, read, time } = await scheduled();
  const first = await create("nightly");
  expect(await put("nightly")).toEqual({ kind: "changed", schedule: first });
  time.nowMs += 5;
  expect(await put("nightly", { ...as(first), details: "{}" })).toMatchObject({ kind: "done" });
  const second = await read(first.id);
  expect(second).toMatchObject({ details: "{}", createdAtMs: first.createdAtMs });
  expect(second.updatedAtMs).toBe(first.createdAtMs + 5);
  expect(second.revision).toBeGreaterThan(first.revision);
  expect(await put("nightly", as(first))).toEqual({ kind: "changed", schedule: second });
  expect(await put("other", as(first))).toEqual({ kind: "notFound" });
});

test("a key may have so many schedules in a queue and not one more, and its bytes count", async () => {
  const { create, put, engine, redis, rootPrefix } = await scheduled();
  await create("a", { most: 2 });
  await create("b", { most: 2 });
  expect(await put("c", { most: 2 })).toEqual({ kind: "full", limit: 2 });
  expect(await put("c", { most: 2 }, "bbbb")).toMatchObject({ kind: "done" });
  await engine.keyBudgets.set("aaaa" as KeyId, { maxStoredBytes: 4_000 });
  const details = "x".repeat(2_000);
  expect(await put("c", { details: "x".repeat(1_000) })).toMatchObject({ kind: "storedBytesFull" });
  await engine.deleteSchedule(scheduleIdOf(queue, "aaaa" as KeyId, "a"));
  expect(await put("c", { details })).toMatchObject({ kind: "storedBytesFull", limit: 4_000 });
  expect(await put("c", { details: "x".repeat(1_900) })).toMatchObject({ kind: "done" });
  await audit(redis, rootPrefix);
});

test("lists one key's schedules by name, in pages", async () => {
  const { create, put, engine } = await scheduled({ shards: 3 });
  for (const name of ["c", "a", "b"]) await create(name);
  await put("d", {}, "bbbb");
  const filter = { keyId: "aaaa" as KeyId, queue, pageSize: 2 };
  const page = await engine.listSchedules(filter);
  expect(page.schedules.map(({ id }) => id.at(-1))).toEqual(["a", "b"]);
  const rest = await engine.listSchedules({ ...filter, pageToken: String(page.nextPageToken) });
  expect(rest.schedules.map(({ id }) => id.at(-1))).toEqual(["c"]);
  expect(rest).not.toHaveProperty("nextPageToken");
});

test("an audit finds a schedule that no scheduler looks at, and a repair has it looked at", async () => {
  const { create, engine, redis, rootPrefix, time } = await scheduled();
  const { id } = await create("nightly");
  const gone = await create("gone");
  const { base } = shardAt(rootPrefix, queue, 0);
  await redis.zrem(`${base}mr:schedules`, id);
  await redis.hset(`${base}mr:schedule:${gone.id}`, "pa", "1");
  await redis.zadd(`${base}mr:schedules`, 5, `${id}x`);
  const found = await auditEngine(redis, rootPrefix, await engine.queues(), time.nowMs);
  expect(found.map(({ invariant, subject }) => [invariant, subject]).sort()).toEqual([
    [13, gone.id],
    [13, id],
    [13, `${id}x`],
  ]);
  await Array.fromAsync(engine.repair(found));
  await audit(redis, rootPrefix);
  time.nowMs += 1;
  expect((await engine.takeSchedules(queue, 9, 5)).schedules).toMatchObject([{ id }]);
});

test("one call takes about a MiB of schedules, and the next call takes the others", async () => {
  const { engine, time, create } = await scheduled();
  const details = "x".repeat(300_000);
  for (const name of ["a", "b", "c", "d", "e"]) {
    await create(name, { details, dueMs: time.nowMs, lookMs: time.nowMs });
  }
  const names = async () =>
    (await engine.takeSchedules(queue, 100, 5_000)).schedules.map(({ id }) => id.slice(-1));
  expect(await names()).toEqual(["a", "b", "c", "d"]);
  expect(await names()).toEqual(["e"]);
  expect(await names()).toEqual([]);
});
