import { create } from "@bufbuild/protobuf";
import { type Engine, openEngine } from "@millrace/engine";
import { DeclaredScheduleSchema } from "@millrace/proto/admin-service";
import {
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
  scheduleIdOf,
  systemClock,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { declaredSchedule } from "../src/configuration/declared-schedule.ts";
import { findDocumentUses } from "../src/handlers/find-document-uses.ts";
import { listSchedules } from "../src/handlers/schedules/list-schedules.ts";
import { runSchedule } from "../src/handlers/schedules/run-schedule.ts";
import { scheduleSpecOf } from "../src/messages/schedule-spec.ts";
import { runSchedules } from "../src/schedules/run-schedules.ts";
import {
  createSchedule,
  pauseSchedule,
  replaceSchedule,
  updateSchedule,
} from "../src/schedules/store-schedule.ts";

const queue = "documents" as QueueName;
const keyId = "aaaa" as KeyId;
const documentId = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";
const details = (job: object = {}) =>
  JSON.stringify({ interval: "60s", job: { queue, type: "tell", ...job } });

async function setup() {
  const { url, rootPrefix } = await redisForTests();
  const time = { nowMs: 1_764_000_000_000 };
  const clock = { nowMs: () => time.nowMs, after: systemClock.after };
  const engine = await openEngine({ redis: { url }, rootPrefix, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });
  const put = async (name: string, text: string, key = keyId) => {
    const id = scheduleIdOf(queue, key, name);
    const due = { dueMs: time.nowMs, lookMs: time.nowMs, timedFromMs: time.nowMs };
    const fixed = { most: 100, overlap: "allow", paused: false, note: "" } as const;
    await engine.putSchedule({ ...fixed, ...due, id, details: text });
    return id;
  };
  const getAll = vi.fn(engine.apiKeys.getAll);
  const warn = vi.fn();
  const observer = { submitted: vi.fn(), scheduleRun: vi.fn(), shed: vi.fn() };
  const parts = { engine: { ...engine, apiKeys: { getAll } }, observer, clock, random };
  const round = async (between: Partial<Engine> = {}) => {
    const { schedules } = await engine.takeSchedules(queue, 100, 5_000);
    const rest = { pressure: { admits: () => true }, log: { warn } as never };
    const through = { ...parts.engine, ...between };
    await runSchedules({ ...parts, ...rest, engine: through }, schedules);
    return schedules.length;
  };
  return { engine, time, clock, put, getAll, warn, round };
}

test.each([
  ["cannot be read", "{"],
  ["has no job", '{"interval":"60s"}'],
])("a schedule that %s is logged once and paused, and the others run", async (_, text) => {
  const { engine, time, put, warn, round } = await setup();
  const bad = await put("bad", text);
  const good = await put("good", details());
  expect(await round()).toBe(2);
  for (let seconds = 0; seconds < 30; seconds += 5) {
    time.nowMs += 5_000;
    await round();
  }
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(
    { schedule: bad, error: expect.any(Error) },
    expect.stringContaining("delete it, and create it again"),
  );
  const [stored, other] = await engine.getSchedules([bad, good]);
  expect(stored).toMatchObject({ paused: true, note: expect.stringContaining("cannot be read") });
  expect(stored).not.toHaveProperty("dueMs");
  expect(other).toMatchObject({ paused: false, made: 1 });
  expect(await engine.audit()).toEqual([]);
});

test("what is noted about schedules begins after the submission, and one that fails stops no other", async () => {
  const { engine, time, put, round } = await setup();
  for (const name of ["a", "b", "c"]) await put(name, "{");
  const good = await put("good", details());
  const down = () => Promise.reject(new Error("Redis is away"));
  const putSchedule = vi.fn(engine.putSchedule).mockImplementationOnce(down);
  await expect(round({ putSchedule, submit: down })).rejects.toThrow("Redis is away");
  expect(putSchedule).not.toHaveBeenCalled();
  time.nowMs += 5_000;
  putSchedule.mockImplementationOnce(down);
  await expect(round({ putSchedule })).rejects.toThrow("failed for 2 schedules");
  expect(putSchedule).toHaveBeenCalledTimes(3);
  const all = ["a", "b", "c"].map((name) => scheduleIdOf(queue, keyId, name));
  const stored = await engine.getSchedules(all);
  expect(stored.filter((one) => one?.paused)).toHaveLength(1);
  expect(await engine.getSchedules([good])).toMatchObject([{ made: 1 }]);
});

test("a schedule that cannot be read is paused and replaced, and a call that needs its spec says what to do", async () => {
  const { engine, clock, put } = await setup();
  const bad = await put("bad", "{");
  const parts = { engine, clock, most: 100 };
  const spec = scheduleSpecOf(details());
  spec.name = "bad";
  const cannot = { reason: "ILLEGAL_TRANSITION", message: expect.stringContaining("delete it") };
  await expect(createSchedule(parts, keyId, spec)).rejects.toMatchObject({
    reason: "SCHEDULE_EXISTS",
  });
  await expect(updateSchedule(parts, bad, spec)).rejects.toMatchObject(cannot);
  const observer = { submitted: vi.fn(), shed: vi.fn() };
  const run = runSchedule({ engine, observer, clock, pressure: { admits: () => true } });
  const jobId = newJobId(queue, keyId, clock.nowMs(), random);
  const call = { keyId, scheduleId: bad, jobId } as never;
  await expect(run(call, undefined as never)).rejects.toMatchObject(cannot);
  await pauseSchedule(parts, bad, { paused: true, note: "" });
  const resumed = pauseSchedule(parts, bad, { paused: false, note: "" });
  await expect(resumed).rejects.toMatchObject(cannot);
  const known = { stored: (await engine.getSchedules([bad]))[0], key: undefined };
  const sets = { keyIds: new Set([keyId]), queues: new Set([queue]), models: new Set<string>() };
  const declared = create(DeclaredScheduleSchema, { keyId, spec });
  const by = undefined as never;
  const step = declaredSchedule(declared, "", { ...known, ...sets }, vi.fn(), by, clock.nowMs());
  expect(step).toMatchObject({ kind: "change", subject: bad });
  await replaceSchedule(parts, keyId, spec);
  await pauseSchedule(parts, bad, { paused: false, note: "" });
  const [stored] = await engine.getSchedules([bad]);
  expect(stored).toMatchObject({ paused: false, dueMs: expect.any(Number) });
});

test("a schedule that cannot be read is listed without its spec, and keeps no document of its key from being found", async () => {
  const { engine, put } = await setup();
  const bad = await put("bad", "{");
  const good = await put("good", details({ documentIds: [documentId] }));
  const context = undefined as never;
  const listed = await listSchedules(engine)({ keyId, filter: { queue } } as never, context);
  expect(listed.page?.schedules).toMatchObject([{ id: bad, nextTimes: [] }, { id: good }]);
  expect(listed.page?.schedules?.[0]).not.toHaveProperty("spec");
  const request = { keyId, documentIds: [documentId], pageToken: "" } as never;
  expect(await findDocumentUses(engine)(request, context)).toMatchObject({
    uses: [{ documentId, scheduleId: good }],
  });
});

test("the keys of all due schedules are read together, and the schedules of a revoked key are paused", async () => {
  const { engine, put, getAll, warn, round } = await setup();
  const revoked = "bbbb" as KeyId;
  const key = { name: "", secretHash: Buffer.alloc(32), createdMs: 1 };
  for (const id of [keyId, revoked]) await engine.apiKeys.put({ ...key, keyId: id });
  await engine.apiKeys.revoke(revoked);
  const ids = [await put("a", details()), await put("b", details())];
  const stopped = await put("a", details(), revoked);
  expect(await round()).toBe(3);
  expect(getAll).toHaveBeenCalledTimes(1);
  expect([...(getAll.mock.calls[0]?.[0] ?? [])].sort()).toEqual([keyId, revoked]);
  const schedules = await engine.getSchedules([...ids, stopped]);
  expect(schedules.map((one) => [one?.made, one?.paused])).toEqual([
    [1, false],
    [1, false],
    [0, true],
  ]);
  expect(warn).toHaveBeenCalledTimes(1);
});
