/** Tests the procedures of docs/backup.md: a copy of a Redis that works, restored into another one. */
import { copyFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalRedis, type LocalSystem, startRedis } from "@millrace/local";
import { JobState } from "@millrace/proto/job";
import { expect, onTestFinished, test } from "vitest";
import { adminOf, type Caller, callerAt, startForTest } from "./setup.ts";
import { redisCommand } from "./storm/redis-command.ts";

/** So many that the one slot of the worker has not run all of them when the copy is made. */
const JOBS = 100;
/** A system is started twice, and a busy machine takes long for it. */
const SLOW_MS = 300_000;
const settings = {
  scheduler: { MILLRACE_LEASE_MS: "4000", MILLRACE_REAP_EVERY_MS: "200" },
  worker: { MILLRACE_SLOTS: "1" },
};

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "millrace-backup-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function redisIn(directory: string, appendonly: boolean): Promise<LocalRedis> {
  const redis = await startRedis({ directory, appendonly });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** Asks Redis until its INFO has a line. */
async function until({ port }: LocalRedis, line: string): Promise<void> {
  const script = `return string.find(redis.call("INFO", "persistence"), "${line}", 1, true) and 1 or 0`;
  while ((await redisCommand(port, "EVAL", script, "0")) !== ":1");
}

/** Waits for the end of a job. */
async function end({ jobs }: Caller, jobId: string): Promise<void> {
  for await (const _ of jobs.watchJob({ jobId }));
}

/** A system that works, and the jobs that callers were told of. */
async function busy() {
  const directory = await folder();
  const redis = await redisIn(directory, true);
  const { system } = await startForTest({ redis, settings });
  const caller = callerAt(system.gatewayTarget(), system.apiKey);
  const value = JSON.stringify({ messages: [{ role: "user", content: "The whale swam." }] });
  const payload = { case: "payloadJson", value } as const;
  const { results } = await caller.jobs.submitJobs({
    jobs: Array.from({ length: JOBS }, () => ({ queue: "documents", type: "chat", payload })),
  });
  const ids = results.map(({ result }) => String(result.value));
  await end(caller, ids[0] as string);
  return { directory, redis, system, ids };
}

async function findings(system: LocalSystem): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const message of adminOf(system).audit({})) all.push(...message.findings);
  return all;
}

/** Millrace on the restored Redis has every job, nothing is broken, and the jobs that had not ended run. */
async function continues(redis: LocalRedis, before: { ids: string[]; system: LocalSystem }) {
  const { apiKey } = before.system;
  const { system } = await startForTest({ redis, apiKey, settings, workers: 0 });
  const caller = callerAt(system.gatewayTarget(), apiKey);
  const states = async () =>
    Promise.all(before.ids.map(async (jobId) => (await caller.jobs.getJob({ jobId })).job?.state));
  const copied = await states();
  expect(copied).toContain(JobState.SUCCEEDED);
  expect(copied).toContain(JobState.QUEUED);
  expect(await findings(system)).toEqual([]);
  await system.addWorker();
  for (const id of before.ids) await end(caller, id);
  expect(new Set(await states())).toEqual(new Set([JobState.SUCCEEDED]));
  expect(await findings(system)).toEqual([]);
}

test("jobs continue from a snapshot of a Redis that worked", { timeout: SLOW_MS }, async () => {
  const before = await busy();
  expect(await redisCommand(before.redis.port, "BGSAVE")).toBe("+Background saving started");
  await until(before.redis, "rdb_bgsave_in_progress:0");
  await until(before.redis, "rdb_last_bgsave_status:ok");
  const directory = await folder();
  await copyFile(join(before.directory, "dump.rdb"), join(directory, "dump.rdb"));
  await before.system[Symbol.asyncDispose]();

  // A Redis with an append-only file reads no snapshot. So the file is turned on once the snapshot is read.
  const loading = await redisIn(directory, false);
  await redisCommand(loading.port, "CONFIG", "SET", "appendonly", "yes");
  await until(loading, "aof_enabled:1");
  await until(loading, "aof_rewrite_in_progress:0");
  await until(loading, "aof_rewrite_scheduled:0");
  await loading.stop();
  await continues(await redisIn(directory, true), before);
});

test("jobs continue from a copy of the append-only file of a Redis that works", {
  timeout: SLOW_MS,
}, async () => {
  const before = await busy();
  await redisCommand(before.redis.port, "CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
  await until(before.redis, "aof_rewrite_in_progress:0");
  const directory = await folder();
  await mkdir(join(directory, "appendonlydir"));
  await cp(join(before.directory, "appendonlydir"), join(directory, "appendonlydir"), {
    recursive: true,
  });
  await redisCommand(before.redis.port, "CONFIG", "SET", "auto-aof-rewrite-percentage", "100");
  await before.system[Symbol.asyncDispose]();
  await continues(await redisIn(directory, true), before);
});
