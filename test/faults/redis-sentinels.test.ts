/** A Redis under load whose master is replaced by sentinels. */
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

test("a master that is replaced while its writers are held back loses nothing that was acknowledged", async () => {
  const { load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  await watched.replace();
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  await check();
});

test("when the master has died, callers that submit again have all their jobs done, and what is there holds together", async () => {
  const bench = await busyBench(shared);
  const { all } = await steadfastLoad(bench, JOBS);
  await watched.killMaster();
  // Its replicas had not been told of all that was acknowledged: how much is lost is chance.
  expect(new Set(await all)).toEqual(new Set([JobState.SUCCEEDED]));
  await bench.checkStore();
});
