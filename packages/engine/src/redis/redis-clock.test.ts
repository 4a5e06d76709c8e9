import { type Clock, type KeyId, systemClock, systemRandom } from "@millrace/shared";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { lease, queue, setup } from "../../test/setup.ts";
import { openEngine } from "../index.ts";

const HOUR_MS = 3_600_000;

/** Opens an engine on a machine whose clock is wrong by a given time. */
async function openSkewed(skewMs: number, warnings: string[] = []) {
  const { url, rootPrefix } = await redisForTests();
  const clock: Clock = {
    nowMs: () => systemClock.nowMs() + skewMs,
    after: systemClock.after,
  };
  const engine = await openEngine({
    ...{ redis: { url }, rootPrefix, clock, redisTime: true, random: systemRandom },
    onWarning: (message) => warnings.push(message),
  });
  onTestFinished(() => engine.close());
  return engine;
}

test("engines on machines with different clocks use one time, and warn of the difference", async () => {
  const warnings: string[] = [];
  const ahead = await openSkewed(HOUR_MS, warnings);
  const behind = await openSkewed(-HOUR_MS, warnings);
  expect(Math.abs(ahead.clock.nowMs() - behind.clock.nowMs())).toBeLessThan(HOUR_MS / 60);
  const off = /differs from Redis's time by 3[56]\d{5} ms/;
  expect(warnings.filter((warning) => off.test(warning))).toHaveLength(2);
});

test("an engine without Redis's time uses the clock that it was given", async () => {
  const { engine, time } = await setup();
  expect(engine.clock.nowMs()).toBe(time.nowMs);
});

test("clocks that differ by seconds lose no job, and keep a window that the clock ahead began", async () => {
  const { engine, another, job, time } = await setup();
  const behind = await another();
  await engine.keyBudgets.set("aaaa" as KeyId, { requestsPerMinute: 10 });
  await engine.submit(Array.from({ length: 30 }, () => job("aaaa")));
  time.nowMs += 5_000;
  expect(await lease(engine, 6)).toHaveLength(6);
  time.nowMs -= 5_000;
  expect(await lease(behind, 30)).toHaveLength(4);
  time.nowMs += 60_000;
  // A minute later on the clock behind, the six leases of the clock ahead still count, and so do those of its second.
  expect(await lease(behind, 30)).toEqual([]);
  time.nowMs += 6_000;
  expect(await lease(behind, 30)).toHaveLength(10);
  expect((await engine.stats(queue)).queued).toBe(10);
});
