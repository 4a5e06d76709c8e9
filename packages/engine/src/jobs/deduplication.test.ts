import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { JobSpec } from "../index.ts";

async function withMode(mode: "throttle" | "debounce", windowMs = 10_000) {
  const parts = await setup();
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const deduplicated = (key = "aaaa", name = "d", spec: Partial<JobSpec> = {}) =>
    parts.job(key, { deduplication: { key: name, mode, windowMs }, ...spec });
  return { ...parts, deduplicated, check: () => audit(redis, parts.rootPrefix) };
}

test("while the first job of a throttled key counts, later submissions return it", async () => {
  const { engine, deduplicated, time, check } = await withMode("throttle");
  const first = deduplicated();
  expect(await engine.submit([first, deduplicated()])).toEqual([
    { kind: "accepted" },
    { kind: "existing", jobId: first.id, state: "QUEUED" },
  ]);
  const leased = await leaseOne(engine);
  await engine.settle([{ ...leased, kind: "complete", resultJson: "1" }]);
  time.nowMs += 9_999;
  expect(await engine.submit([deduplicated()])).toMatchObject([
    { jobId: first.id, state: "SUCCEEDED" },
  ]);
  time.nowMs += 1;
  expect(await engine.submit([deduplicated()])).toEqual([{ kind: "accepted" }]);
  await check();
});

test("each deduplication key of each API key is throttled by itself", async () => {
  const { engine, deduplicated } = await withMode("throttle");
  const outcomes = await engine.submit([
    deduplicated(),
    deduplicated("aaaa", "other"),
    deduplicated("bbbb"),
  ]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
});

test("a debounced job replaces an earlier one that waits, and the wait begins anew", async () => {
  const { engine, deduplicated, time, check } = await withMode("debounce");
  const [first, second] = [deduplicated(), deduplicated()];
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
  const { engine, deduplicated, time, check } = await withMode("debounce");
  const first = deduplicated();
  await engine.submit([first]);
  time.nowMs += 10_000;
  await engine.promote(queue, 10);
  expect(await stateOf(engine, first.id)).toBe("QUEUED");
  await engine.submit([deduplicated()]);
  expect(await stateOf(engine, first.id)).toBe("CANCELLED");
  await check();
});

test("a job that has started is not replaced, and the next job waits in addition", async () => {
  const { engine, deduplicated, time, check } = await withMode("debounce");
  const first = deduplicated();
  await engine.submit([first]);
  time.nowMs += 10_000;
  const leased = await leaseOne(engine);
  const failure = { reason: "NO", message: "no", retryable: true };
  await engine.settle([{ ...leased, kind: "retry", delayMs: 60_000, failure }]);
  await engine.submit([deduplicated()]);
  expect(await stateOf(engine, first.id)).toBe("SCHEDULED");
  await check();
});

test("of several debounced jobs in one call, the last one stays", async () => {
  const { engine, deduplicated, check } = await withMode("debounce");
  const jobs = [deduplicated(), deduplicated(), deduplicated()];
  await engine.submit(jobs);
  const states = await Promise.all(jobs.map(({ id }) => stateOf(engine, id)));
  expect(states).toEqual(["CANCELLED", "CANCELLED", "SCHEDULED"]);
  await check();
});

test("submitting the same jobs again changes nothing", async () => {
  const { engine, deduplicated } = await withMode("debounce");
  const [first, second] = [deduplicated(), deduplicated()];
  await engine.submit([first, second]);
  expect(await engine.submit([first, second])).toMatchObject([
    { kind: "existing", jobId: first.id, state: "CANCELLED" },
    { kind: "existing", jobId: second.id, state: "SCHEDULED" },
  ]);
});
