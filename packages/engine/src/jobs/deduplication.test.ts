import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { JobSpec } from "../index.ts";

async function withMode(mode: "throttle" | "debounce", windowMs = 10_000) {
  const parts = await setup();
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const of = (key = "aaaa", name = "d", spec: Partial<JobSpec> = {}) =>
    parts.job(key, { deduplication: { key: name, mode, windowMs }, ...spec });
  return { ...parts, of, check: () => audit(redis, parts.rootPrefix) };
}

test("while the first of a throttled key counts, others return it", async () => {
  const { engine, of, time, check } = await withMode("throttle");
  const first = of();
  expect(await engine.submit([first, of()])).toEqual([
    { kind: "accepted" },
    { kind: "existing", jobId: first.id, state: "QUEUED" },
  ]);
  const leased = await leaseOne(engine);
  await engine.settle([{ ...leased, kind: "complete", resultJson: "1" }]);
  time.nowMs += 9_999;
  expect(await engine.submit([of()])).toMatchObject([{ jobId: first.id, state: "SUCCEEDED" }]);
  time.nowMs += 1;
  expect(await engine.submit([of()])).toEqual([{ kind: "accepted" }]);
  await check();
});

test("keys, and other API keys, are throttled each for itself", async () => {
  const { engine, of } = await withMode("throttle");
  const outcomes = await engine.submit([of(), of("aaaa", "other"), of("bbbb")]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
});

test("a job that comes while another of its key waits takes its place, and the wait begins anew", async () => {
  const { engine, of, time, check } = await withMode("debounce");
  const [first, second] = [of(), of()];
  await engine.submit([first]);
  time.nowMs += 9_000;
  expect(await engine.submit([second])).toEqual([{ kind: "accepted" }]);
  const [replaced] = await engine.getJobs([first.id]);
  expect(replaced).toMatchObject({ state: "CANCELLED", failure: { reason: "REPLACED" } });
  await check();
  time.nowMs += 9_999;
  expect(await lease(engine, 5)).toEqual([]);
  time.nowMs += 1;
  expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual([second.id]);
  await check();
});

test("a debounced job is also replaced once its wait is over, as long as it has not started", async () => {
  const { engine, of, time, check } = await withMode("debounce");
  const first = of();
  await engine.submit([first]);
  time.nowMs += 10_000;
  await engine.promote(queue, 10);
  expect(await stateOf(engine, first.id)).toBe("QUEUED");
  await engine.submit([of()]);
  expect(await stateOf(engine, first.id)).toBe("CANCELLED");
  await check();
});

test("one that has started is not replaced: the next waits beside it", async () => {
  const { engine, of, time, check } = await withMode("debounce");
  const first = of();
  await engine.submit([first]);
  time.nowMs += 10_000;
  const leased = await leaseOne(engine);
  const failure = { reason: "NO", message: "no", retryable: true };
  await engine.settle([
    { ...leased, kind: "retry", delayMs: 60_000, failure, countsAttempt: true },
  ]);
  await engine.submit([of()]);
  expect(await stateOf(engine, first.id)).toBe("SCHEDULED");
  await check();
});

test("of several in one call, the last one stays", async () => {
  const { engine, of, check } = await withMode("debounce");
  const jobs = [of(), of(), of()];
  await engine.submit(jobs);
  const states = await Promise.all(jobs.map(({ id }) => stateOf(engine, id)));
  expect(states).toEqual(["CANCELLED", "CANCELLED", "SCHEDULED"]);
  await check();
});

test("a repeated call changes nothing", async () => {
  const { engine, of } = await withMode("debounce");
  const [first, second] = [of(), of()];
  await engine.submit([first, second]);
  expect(await engine.submit([first, second])).toMatchObject([
    { kind: "existing", jobId: first.id, state: "CANCELLED" },
    { kind: "existing", jobId: second.id, state: "SCHEDULED" },
  ]);
});
