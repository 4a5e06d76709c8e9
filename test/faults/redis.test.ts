/** Redis killed, stopped, restarted or hanging under load. */
import { status } from "@grpc/grpc-js";
import { startRedis } from "@millrace/local";
import { JobState } from "@millrace/proto/job";
import { afterAll, expect, test } from "vitest";
import { busyBench } from "./load.ts";
import { faultOf, startLogged } from "./setup.ts";

/** One that has written down whatever it has said yes to. */
const redis = await startRedis({ appendonly: true, appendfsync: "always" });
const shared = await startLogged({
  ...{ redis, workers: 0 },
  settings: {
    scheduler: { MILLRACE_LEASE_MS: "4000", MILLRACE_REAP_EVERY_MS: "200" },
    // A little longer than a scheduler waits for Redis.
    gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "6000" },
  },
});
afterAll(async () => {
  await shared.system[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

const JOBS = 150;
const away = { code: status.UNAVAILABLE, reason: "STORE_UNAVAILABLE" };

test("a Redis that is killed under load loses nothing that was acknowledged, and all goes on when it is back", async () => {
  const { caller, journal, rawWorker, load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  const jobId = [...journal.records.keys()][0] ?? "";
  await redis.kill();
  const calls = [
    caller.jobs.getJob({ jobId }),
    // In a queue that there is not: whether one that failed was stored is not known.
    caller.jobs.submitJob({ job: { queue: "elsewhere", type: "copy" } }),
    caller.jobs.listJobs({ queue: "elsewhere" }),
    caller.jobs.watchJob({ jobId }),
  ];
  for (const fault of await Promise.all(calls.map(faultOf))) expect(fault).toMatchObject(away);
  // A worker that comes now, to a queue that has none yet, is told so too.
  const early = rawWorker();
  await early.send({ case: "hello", value: { workerId: "early", queues: ["elsewhere"] } });
  expect(await early.ended).toMatchObject(away);
  await redis.restart();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  for (const { code } of journal.faults.items) expect(code).toBe(status.UNAVAILABLE);
  await check();
});

test("a Redis that hangs for longer than anyone waits is as one that is away, and nothing is done twice", async () => {
  const { caller, journal, load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  const jobId = [...journal.records.keys()][0] ?? "";
  redis.pause();
  expect(await faultOf(caller.jobs.getJob({ jobId }))).toMatchObject(away);
  redis.resume();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  for (const { code } of journal.faults.items) expect(code).toBe(status.UNAVAILABLE);
  await check();
});

test("a Redis that is told to stop under load, and is started again, loses nothing that was acknowledged", async () => {
  const { caller, journal, load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  await redis.stop();
  const jobId = [...journal.records.keys()][0] ?? "";
  expect(await faultOf(caller.jobs.getJob({ jobId }))).toMatchObject(away);
  await redis.restart();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  for (const { code } of journal.faults.items) expect(code).toBe(status.UNAVAILABLE);
  await check();
});
