/** Tests a Redis Cluster under load whose masters are replaced. */
import { JobState } from "@millrace/proto/job";
import { startRedisCluster } from "@millrace/testing";
import { afterAll, expect, test } from "vitest";
import { busyBench } from "./load.ts";
import { startLogged } from "./setup.ts";
import { steadfastLoad } from "./steadfast.ts";

const cluster = await startRedisCluster({ replicas: true });
const [redis] = cluster.masters;
if (redis === undefined) throw new Error("a Cluster without masters");
const shared = await startLogged({
  ...{ redis, workers: 0 },
  settings: {
    scheduler: {
      ...{ MILLRACE_REDIS_URL: "", MILLRACE_REDIS_CLUSTER: cluster.setting },
      ...{ MILLRACE_LEASE_MS: "4000", MILLRACE_REAP_EVERY_MS: "200" },
    },
    gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "6000" },
  },
});
afterAll(async () => {
  await shared.system[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

const JOBS = 60;

test("masters that hand over to their replicas lose no acknowledged job", async () => {
  const { load, check } = await busyBench(shared);
  const { all } = await load(JOBS);
  for (const index of [0, 1, 2]) await cluster.handOver(index);
  for (const { state } of await all) expect(state).toBe(JobState.SUCCEEDED);
  await check();
});

test("after the death of a master, callers that submit again get all jobs done, and the store is consistent", async () => {
  const bench = await busyBench(shared);
  const { all } = await steadfastLoad(bench, JOBS);
  const index = await cluster.indexOf(`mr:{${bench.queue}:0}:`);
  // This server was the replica before the masters handed over.
  await cluster.replicas[index]?.kill();
  await cluster.takeOver(cluster.masters[index]);
  // The replica may not have received every acknowledged write, so it is chance how many are lost.
  expect(new Set(await all)).toEqual(new Set([JobState.SUCCEEDED]));
  await bench.checkStore();
});
