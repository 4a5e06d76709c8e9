/**
 * Tests a Redis with little memory left: existing jobs go on, and new jobs are refused before Redis refuses all
 * writes.
 */
import { status } from "@grpc/grpc-js";
import { startRedis } from "@millrace/local";
import { JobState } from "@millrace/proto/job";
import { redisCommand } from "@millrace/testing";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { faultOf, metric, startLogged, untilMetric } from "./setup.ts";

const redis = await startRedis({ appendonly: true });
const shared = await startLogged({ redis, workers: 0 });
afterAll(async () => {
  await shared.system[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});
const [scheduler] = shared.system.schedulers;

const LIMIT = "millrace_redis_memory_limit_bytes";

/** Sets the limit so that this percentage of it is in use, and waits until the scheduler has seen it. */
async function fillTo(percent: number): Promise<void> {
  const info = await redisCommand(redis.port, "INFO", "memory");
  const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
  const limit = Math.round((used * 100) / percent);
  await redisCommand(redis.port, "CONFIG", "SET", "maxmemory", String(limit));
  await untilMetric((value) => value === limit, scheduler, LIMIT);
}

test("new jobs are refused above a share of memory until use is below a lower share, and existing jobs end", async () => {
  // The filler is so large that the test's own data changes little.
  await redisCommand(redis.port, "SET", "mr:{test}:filler", "x".repeat(40 * 1024 * 1024));
  const { queue, caller, journal, dictation, copyingWorker, submit, check } = await benchOn(shared);
  const [running, waiting] = [await submit(), await submit()];
  await copyingWorker({ SLOTS: "1" });
  const first = await dictation.attempt(running, 1);
  await fillTo(89);
  const third = await submit();

  await fillTo(93);
  const refused = () => faultOf(caller.jobs.submitJob({ job: { queue, type: "copy" } }));
  const full = { code: status.RESOURCE_EXHAUSTED, reason: "STORE_FULL", retryDelayMs: 5_000 };
  expect(await refused()).toMatchObject(full);
  expect(await metric(scheduler, "millrace_jobs_shed_total")).toBe(1);
  await shared.log.until(({ msg }) => msg.startsWith("Redis has little memory left"));
  // Output, settlements and leases still work.
  first.write("hello, ");
  first.end("world");
  for (const id of [waiting, third]) (await dictation.attempt(id, 1)).end("next");
  for (const id of [running, waiting, third]) {
    expect((await journal.follow(id)).state).toBe(JobState.SUCCEEDED);
  }

  await fillTo(88);
  expect(await refused()).toMatchObject(full);
  await fillTo(80);
  await shared.log.until(({ msg }) => msg.startsWith("Redis has memory again"));
  const later = await submit();
  (await dictation.attempt(later, 1)).end("later");
  expect((await journal.follow(later)).state).toBe(JobState.SUCCEEDED);
  await check();
});
