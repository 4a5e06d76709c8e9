/** Tests a crash of Redis within a transaction: the part of it in the append-only file must never be applied. */
import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "@millrace/engine";
import { type LocalRedis, startRedis } from "@millrace/local";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";
import { redisCommand } from "./storm/redis-command.ts";

const queue = "documents" as QueueName;
const EXEC = "*1\r\n$4\r\nEXEC\r\n";

async function open({ url }: LocalRedis) {
  const parts = { redis: { url }, rootPrefix: "t", clock: systemClock, random: systemRandom };
  return openEngine(parts);
}

const job = () => ({
  id: newJobId(queue, "aaaa" as KeyId, systemClock.nowMs(), systemRandom),
  ...{ type: "summarize", payloadJson: "{}", priority: 50, maxAttempts: 3 },
  ...{ backoff: defaultBackoff, labels: {}, submittedAtMs: systemClock.nowMs() },
});

/** Changes the append-only file to the state after a crash in the middle of writing the last transaction. */
async function tear(directory: string) {
  const folder = join(directory, "appendonlydir");
  const file = (await readdir(folder)).find((name) => name.endsWith(".incr.aof")) ?? "";
  const bytes = await readFile(join(folder, file));
  await truncate(join(folder, file), bytes.lastIndexOf(EXEC) - 1);
}

const rewritten = async ({ port }: LocalRedis) => {
  const info = () => redisCommand(port, "EVAL", LAST_REWRITE, "0");
  while ((await info()) !== ":1");
};
/** Whether the append-only file was rewritten since the server started. */
const LAST_REWRITE = `return string.find(redis.call("INFO", "persistence"), "aof_last_rewrite_time_sec:%d") and 1 or 0`;

test("a torn transaction is removed before the next one, and no ended job comes back", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-torn-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const redis = await startRedis({ directory, appendonly: true, appendfsync: "always" });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const before = await open(redis);
  await before.defineQueue({ name: queue });
  await before.submit([job()]);
  await before.close();
  await redis.kill();
  await tear(directory);

  await redis.restart();
  const engine = await open(redis);
  onTestFinished(() => engine.close());
  expect(await engine.renewFiles()).toEqual({ kind: "renewed", began: 1 });
  await rewritten(redis);
  expect(await engine.renewFiles()).toEqual({ kind: "renewed", began: 0 });
  const acknowledged = job();
  await engine.submit([acknowledged]);
  const { leases } = await engine.lease({ queue, count: 1, leaseMs: 60_000, workerId: "w" });
  await engine.settle(leases.map((one) => ({ ...one, kind: "complete", resultJson: "1" })));

  await redis.kill();
  await redis.restart();
  expect(await engine.audit()).toEqual([]);
  const [ended] = await engine.getJobs([acknowledged.id]);
  expect(ended?.state).toBe("SUCCEEDED");
});
