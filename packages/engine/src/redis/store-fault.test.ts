import { systemClock } from "@millrace/shared";
import { redisForTests, seededRandom, startFaultProxy } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { asStoreFault, StoreUnavailable } from "./store-fault.ts";

test.each([
  "LOADING Redis is loading the dataset in memory",
  "READONLY You can't write against a read only replica.",
  "OOM command not allowed when used memory > 'maxmemory'.",
  "Connection is closed.",
  "Command timed out",
  "Reached the max retries per request limit (which is 5).",
  // A pipeline of which Redis had answered a part.
  "Command aborted due to connection close",
  "Connection is discarded because a new connection is made",
  "Connection is aborted",
  "Node is disconnected",
  "Cluster isn't ready and enableOfflineQueue options is false",
  "No master node is available for the pipeline",
  "No subscriber for the cluster",
  "No sharded subscriber for slot: 7",
])("%s: Redis is unavailable", (message) => {
  expect(asStoreFault(new Error(message), "x")).toBeInstanceOf(StoreUnavailable);
});

test.each([
  "NOAUTH Authentication required.",
  "WRONGPASS invalid username-password pair or user is disabled.",
  "NOPERM User millrace has no permissions to run the 'info' command",
  "ERR user_script:7: NOPERM this user has no permissions to access one of the keys",
])("%s: Redis denies access, which is a separate kind of outage", (message) => {
  const fault = asStoreFault(new Error(message), "x");
  expect(fault).toBeInstanceOf(StoreUnavailable);
  expect(fault).toMatchObject({ accessDenied: true });
  expect(fault.message).toContain("Redis denies access");
});

test("a refused connection means that Redis is unavailable", () => {
  const error = Object.assign(new Error("no"), { code: "ECONNREFUSED" });
  expect(asStoreFault(error, "x")).toBeInstanceOf(StoreUnavailable);
});

test.each([
  "ERR user_script:12: attempt to index a nil value",
  "WRONGTYPE Operation against a key",
])("%s: a bug", (message) => {
  const cause = new Error(message);
  const fault = asStoreFault(cause, "script lease");
  expect(fault).not.toBeInstanceOf(StoreUnavailable);
  expect(fault).toMatchObject({ message: `script lease: ${message}`, cause });
});

test("the command, which holds callers' payloads, is removed from the error", () => {
  const cause = Object.assign(new Error("ERR no"), { command: { args: ["secret"] } });
  expect(asStoreFault(cause, "x").cause).not.toHaveProperty("command");
});

test("a connection that breaks in the middle of a pipeline's answers means that Redis is unavailable", async () => {
  const { url } = await redisForTests();
  const { host, pathname } = new URL(url);
  const proxy = await startFaultProxy(host, { clock: systemClock, random: seededRandom(1) });
  const redis = new Redis(`redis://${proxy.address}${pathname}`, { retryStrategy: () => null });
  redis.on("error", () => undefined);
  onTestFinished(async () => {
    redis.disconnect();
    await proxy[Symbol.asyncDispose]();
  });
  await redis.ping();
  // The answers take five seconds, so the connection breaks long before the last one.
  proxy.set({ down: { bytesPerSecond: 20_000 } });
  const pipeline = redis.pipeline();
  for (let i = 0; i < 100; i += 1) pipeline.echo("x".repeat(1_000), () => proxy.cut());
  const replies = (await pipeline.exec()) ?? [];
  expect(replies[0]).toEqual([null, "x".repeat(1_000)]);
  const [error] = replies.at(-1) ?? [];
  expect(error).toBeInstanceOf(Error);
  expect(asStoreFault(error, "x")).toBeInstanceOf(StoreUnavailable);
});
