import { openEngine } from "@millrace/engine";
import {
  type KeyId,
  type QueueName,
  systemRandom as random,
  scheduleIdOf,
  systemClock,
} from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { findDocumentUses } from "../src/handlers/find-document-uses.ts";
import { listSchedules } from "../src/handlers/schedules/list-schedules.ts";
import { runSchedules } from "../src/schedules/run-schedules.ts";

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
  const round = async () => {
    const { schedules } = await engine.takeSchedules(queue, 100, 5_000);
    const log = { warn } as never;
    await runSchedules({ ...parts, pressure: { admits: () => true }, log }, schedules);
    return schedules.length;
  };
  return { engine, time, put, getAll, warn, round };
}

test("a schedule that cannot be read is logged once and paused, and the others run", async () => {
  const { engine, time, put, warn, round } = await setup();
  const bad = await put("bad", "{");
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
