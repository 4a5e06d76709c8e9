/** The errors and warnings for a Redis that may lose jobs, when an engine is opened. */
import { type QueueName, systemClock, systemRandom } from "@millrace/shared";
import { type RedisOptions, startRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openEngine, StoreUnavailable } from "../index.ts";
import { checkServer } from "./check-store.ts";
import { shardAt } from "./keys.ts";

async function setup(options: RedisOptions = {}) {
  const server = await startRedis({ appendonly: true, ...options });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  const warnings: string[] = [];
  const open = async (url = server.url) => {
    warnings.length = 0;
    const engine = await openEngine({
      ...{ redis: { url }, clock: systemClock, random: systemRandom },
      onWarning: (message) => warnings.push(message),
    });
    onTestFinished(() => engine.close());
    return engine;
  };
  return { server, redis, warnings, open };
}

test("a Redis that evicts is refused if it has a memory limit, and causes a warning otherwise", async () => {
  const { redis, warnings, open } = await setup();
  await open();
  expect(warnings).toEqual([]);
  await redis.config("SET", "maxmemory-policy", "volatile-ttl");
  await open();
  expect(warnings).toEqual([expect.stringContaining("set maxmemory-policy noeviction")]);
  await redis.config("SET", "maxmemory", "100mb");
  await expect(open()).rejects.toThrow(
    "Redis would evict jobs when its memory is full (maxmemory-policy volatile-ttl): set maxmemory-policy noeviction",
  );
  await redis.config("SET", "maxmemory-policy", "noeviction");
  await open();
  expect(warnings).toEqual([]);
});

test("a Redis without an append-only file causes a warning", async () => {
  const { warnings, open } = await setup({ appendonly: false });
  await open();
  expect(warnings).toEqual([expect.stringContaining("Set appendonly yes")]);
});

test("a Redis that is too old is refused", async () => {
  const { redis, server } = await setup();
  const info = await redis.info();
  const infoOf = (version: string) =>
    info.replace(/^redis_version:.*$/m, `redis_version:${version}`);
  expect(checkServer(infoOf("6.2.0"), { url: server.url })).toEqual([]);
  expect(checkServer(infoOf("10.0.1"), { url: server.url })).toEqual([]);
  for (const old of ["6.0.16", "5.0.7"]) {
    expect(() => checkServer(infoOf(old), { url: server.url })).toThrow(
      `Redis 6.2 or newer is needed; this one is ${old}`,
    );
  }
});

test("a replica is refused, and the error names its primary", async () => {
  const { redis, open } = await setup();
  const primary = await setup();
  await redis.replicaof("127.0.0.1", primary.server.port);
  await expect(open()).rejects.toThrow(StoreUnavailable);
  await expect(open()).rejects.toThrow(
    `a replica of 127.0.0.1:${primary.server.port}: configure its primary instead`,
  );
});

test("keys with Millrace's names that another program wrote are refused, and the error names them", async () => {
  const { redis, open } = await setup();
  await redis.set("mr:{registry}:queues", "mine");
  await expect(open()).rejects.toThrow(
    "mr:{registry}:queues is a string, but Millrace stores a hash there: another program uses the prefix mr.",
  );
  await redis.del("mr:{registry}:queues");
  const name = "documents" as QueueName;
  await (await open()).defineQueue({ name, shards: 2 });
  const { base } = shardAt("mr", name, 1);
  await redis.set(`${base}mr:leases`, "mine");
  await expect(open()).rejects.toThrow(`${base}mr:leases is a string`);
  await redis.del(`${base}mr:leases`);
  await open();
});

test("keys of other programs cause warnings that name only their prefix", async () => {
  const { redis, server, warnings, open } = await setup();
  await (await open()).defineQueue({ name: "documents" as QueueName });
  await open();
  expect(warnings).toEqual([]);
  await redis.set("session:jane@example.com", "1");
  await redis.set("jane@example.com", "1");
  await redis.hset("bull:emails:meta", "opts.maxLenEvents", 1);
  await open();
  expect(warnings).toEqual([
    expect.stringContaining("under bull:, the prefix of another program's BullMQ queues"),
    expect.stringContaining("under session:"),
    expect.stringContaining("without a prefix"),
  ]);
  expect(warnings.join()).not.toContain("jane");
  await redis.flushdb();
  await redis.select(3);
  await redis.set("x", 1);
  await open();
  expect(warnings).toEqual([expect.stringContaining("in database 3")]);
  await redis.select(0);
  await redis.flushdb();
  await open(`${server.url}/3`);
  expect(warnings).toEqual([expect.stringContaining("without a prefix")]);
});
