import { systemRandom as random } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { setup } from "../../test/setup.ts";
import { type EngineOptions, openEngine, StoreUnavailable } from "../index.ts";

const change = (subject: string) => ({
  ...{ actor: "anna", action: "PutQueue", subject, detailJson: `{"of":"${subject}"}` },
});

/** A change log with its own limits. */
async function logWith(changeLog: NonNullable<EngineOptions["changeLog"]>) {
  const { url, rootPrefix, engine: before, time } = await setup();
  const engine = await openEngine({
    ...{ redis: { url }, rootPrefix, random, changeLog, clock: before.clock },
  });
  onTestFinished(() => engine.close());
  const subjects = async () =>
    (await engine.changeLog.list(100))?.changes.map(({ subject }) => subject);
  return { log: engine.changeLog, subjects, time, url, rootPrefix };
}

test("changes are listed newest first and complete, in pages that new changes do not shift", async () => {
  const { engine, time } = await setup();
  const log = engine.changeLog;
  expect(await log.list(2)).toEqual({ changes: [] });
  for (const subject of ["a", "b", "c"]) await log.append(change(subject));
  const first = await log.list(2);
  expect(first?.changes).toEqual([
    { ...change("c"), timeMs: time.nowMs },
    { ...change("b"), timeMs: time.nowMs },
  ]);
  await log.append(change("d"));
  expect(await log.list(2, first?.nextPageToken)).toEqual({
    changes: [{ ...change("a"), timeMs: time.nowMs }],
  });
  expect((await log.list(4))?.nextPageToken).toBeUndefined();
  expect((await log.list(3))?.nextPageToken).toBeDefined();
});

test("an invalid page token is recognised", async () => {
  const { engine } = await setup();
  for (const token of ["", "x", "1", "1-", "1-1-1", "+", "-1-1"]) {
    expect(await engine.changeLog.list(1, token)).toBeUndefined();
  }
  expect(await engine.changeLog.list(1, "1-0")).toEqual({ changes: [] });
});

test("a change that was not made can be retracted", async () => {
  const { engine } = await setup();
  await engine.changeLog.append(change("a"));
  const id = await engine.changeLog.append(change("b"));
  await engine.changeLog.retract(id);
  await engine.changeLog.retract(id);
  expect((await engine.changeLog.list(9))?.changes.map(({ subject }) => subject)).toEqual(["a"]);
});

test("the oldest changes are removed when there are too many", async () => {
  const { log, subjects } = await logWith({ maxLength: 2 });
  for (const subject of ["a", "b", "c"]) await log.append(change(subject));
  expect(await subjects()).toEqual(["c", "b"]);
});

test("changes that are too old are not listed, and the next change removes them", async () => {
  const { log, subjects, time, url, rootPrefix } = await logWith({ keepMs: 1_000 });
  await log.append(change("a"));
  time.nowMs += 1_000;
  expect(await subjects()).toEqual(["a"]);
  time.nowMs += 1;
  expect(await subjects()).toEqual([]);
  await log.append(change("b"));
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  expect(await redis.xlen(`${rootPrefix}:{registry}:changes`)).toBe(1);
});

test("changes keep their order when the clock is set back, and none is lost", async () => {
  const { engine, time } = await setup();
  await engine.changeLog.append(change("a"));
  const id = await engine.changeLog.append(change("b"));
  await engine.changeLog.retract(id);
  time.nowMs -= 60_000;
  await engine.changeLog.append(change("c"));
  const { changes } = (await engine.changeLog.list(9)) ?? {};
  expect(changes?.map(({ subject }) => subject)).toEqual(["c", "a"]);
  expect(changes?.[0]?.timeMs).toBe(time.nowMs);
});

test("without Redis, append rejects", async () => {
  const { engine } = await setup();
  await engine.close();
  await expect(engine.changeLog.append(change("a"))).rejects.toThrow(StoreUnavailable);
  await expect(engine.changeLog.list(1)).rejects.toThrow(StoreUnavailable);
});
