/** Tests a Redis under load whose master is replaced by sentinels. */
import { JobState } from "@millrace/proto/job";
import { startRedisSentinels } from "@millrace/testing";
import { afterAll, expect, test } from "vitest";
import { busyBench } from "./load.ts";
import { startLogged } from "./setup.ts";
import { steadfastLoad } from "./steadfast.ts";

const watched = await startRedisSentinels();
const [redis] = watched.servers;
if (redis === undefined) throw new Error("sentinels without a master");
const shared = await startLogged({
  ...{ redis, workers: 0 },
  settings: {
    scheduler: {
      ...{ MILLRACE_REDIS_URL: "", MILLRACE_REDIS_SENTINELS: watched.setting },
      ...{ MILLRACE_REDIS_MASTER: watched.masterName },
      ...{ MILLRACE_LEASE_MS: "4000", MILLRACE_REAP_EVERY_MS: "200" },
    },
    gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "6000" },
  },
});
afterAll(async () => {
  await shared.system[Symbol.asyncDispose]();
  await watched[Symbol.asyncDispose]();
});

const JOBS = 60;

test("a master that is replaced while writes are paused loses no acknowledged job", async () => {
  const { load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  await watched.replace();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  await check();
});

test("after the death of the master, callers that submit again get all jobs done, and the store is consistent", async () => {
  const bench = await busyBench(shared);
  const { all } = await steadfastLoad(bench, JOBS);
  await watched.killMaster();
  // The replicas may not have received every acknowledged write, so it is chance how many are lost.
  expect(new Set(await all)).toEqual(new Set([JobState.SUCCEEDED]));
  await bench.checkStore();
});
