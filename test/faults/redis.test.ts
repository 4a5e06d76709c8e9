/** Tests a Redis that is killed, stopped, restarted or hangs under load. */
import { status } from "@grpc/grpc-js";
import { startRedis } from "@millrace/local";
import { JobState } from "@millrace/proto/job";
import { afterAll, expect, test } from "vitest";
import { busyBench } from "./load.ts";
import { faultOf, startLogged } from "./setup.ts";

/** This Redis syncs every write to disk before it answers. */
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

test("a Redis that is killed under load loses no acknowledged job, and work goes on when it is back", async () => {
  const { caller, journal, rawWorker, load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  const jobId = [...journal.records.keys()][0] ?? "";
  await redis.kill();
  const calls = [
    caller.jobs.getJob({ jobId }),
    // The queue does not exist, because a failed call may have stored its job, which the journal would not know.
    caller.jobs.submitJob({ job: { queue: "elsewhere", type: "copy" } }),
    caller.jobs.listJobs({ queue: "elsewhere" }),
    caller.jobs.watchJob({ jobId }),
  ];
  for (const fault of await Promise.all(calls.map(faultOf))) expect(fault).toMatchObject(away);
  // A worker that connects now, to a queue without workers, gets the error too.
  const early = rawWorker();
  await early.send({ case: "hello", value: { workerId: "early", queues: ["elsewhere"] } });
  expect(await early.ended).toMatchObject(away);
  await redis.restart();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  for (const { code } of journal.faults.items) expect(code).toBe(status.UNAVAILABLE);
  await check();
});

test("a Redis that hangs longer than the time limits counts as away, and no job is done twice", async () => {
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

test("a Redis that is stopped under load and started again loses no acknowledged job", async () => {
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
