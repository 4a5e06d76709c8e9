import {
  defaultBackoff,
  type JobId,
  type KeyId,
  newJobId,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { type RedisOptions, redisCommand, startRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { type JobSpec, openEngine, type Signal, StoreUnavailable } from "../src/index.ts";
import { connect, createConnection } from "../src/redis/connection.ts";
import { audit } from "./audit.ts";
import { LEASE_MS, lease, queue, stateOf } from "./setup.ts";

/** A Redis that the test may break, and an engine on it. */
async function setup(options: RedisOptions = {}, commandTimeoutMs = 5_000) {
  const server = await startRedis(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const engine = await openEngine({
    redis: { url: server.url, commandTimeoutMs },
    clock: systemClock,
    random: systemRandom,
  });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: queue });
  const job = (): JobSpec => ({
    id: newJobId(queue, "aaaa" as KeyId, systemClock.nowMs(), systemRandom),
    ...{ type: "t", payloadJson: "{}", priority: 50, maxAttempts: 3, backoff: defaultBackoff },
    ...{ labels: {}, submittedAtMs: systemClock.nowMs() },
  });
  return { server, engine, job };
}

test("acknowledged writes survive a killed Redis with appendfsync always", async () => {
  const { server, engine, job } = await setup({ appendonly: true, appendfsync: "always" });
  const acknowledged: JobId[] = [];
  const completed: JobId[] = [];
  let killed = false;
  const load = async () => {
    while (!killed) {
      const specs = [job(), job()];
      const outcomes = await engine.submit(specs).catch(() => []);
      outcomes.forEach((outcome, i) => {
        if (outcome.kind === "accepted") acknowledged.push(specs[i]?.id ?? ("" as JobId));
      });
      const leases = await lease(engine, 1).catch(() => []);
      const ends = leases.map((l) => ({ ...l, kind: "complete", resultJson: "1" }) as const);
      const settled = await engine.settle(ends).catch(() => []);
      settled.forEach((outcome, i) => {
        if (outcome.kind === "settled") completed.push(ends[i]?.jobId ?? ("" as JobId));
      });
      if (acknowledged.length > 200 && !killed) {
        killed = true;
        await server.kill();
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, load));
  await server.restart();
  await engine.ping();
  const records = await engine.getJobs(acknowledged);
  expect(records.filter((record) => record === undefined)).toEqual([]);
  const states = await Promise.all(completed.map((id) => stateOf(engine, id)));
  expect(new Set(states)).toEqual(new Set(["SUCCEEDED"]));
  const redis = new Redis(server.url);
  onTestFinished(() => redis.disconnect());
  await audit(redis, "mr");
});

test("calls reject with StoreUnavailable while Redis is away, and work again when it is back", async () => {
  const { server, engine, job } = await setup();
  await server.stop();
  await expect(engine.submit([job()])).rejects.toThrow(StoreUnavailable);
  await expect(engine.stats(queue)).rejects.toThrow(StoreUnavailable);
  await expect(engine.ping()).rejects.toThrow(StoreUnavailable);
  await server.restart();
  await engine.defineQueue({ name: queue });
  expect(await engine.submit([job()])).toEqual([{ kind: "accepted" }]);
});

test("calls to a hanging Redis reject too, and what Redis did meanwhile is not done twice", async () => {
  const { server, engine, job } = await setup({}, 300);
  const spec = job();
  server.pause();
  await expect(engine.submit([spec])).rejects.toThrow(StoreUnavailable);
  server.resume();
  const outcome = await engine.submit([spec]);
  expect(["accepted", "existing"]).toContain(outcome[0]?.kind);
  expect(await engine.stats(queue)).toMatchObject({ queued: 1 });
});

test("a Redis that is loading its file counts as unavailable, and has everything once it has loaded", async () => {
  // Loading takes a millisecond for each command, some seconds in all, and Redis answers in between.
  const slowly = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
  const durable = { appendonly: true, appendfsync: "always" } as const;
  const { server, engine, job } = await setup({ ...durable, args: slowly }, 300);
  await engine.submit(Array.from({ length: 500 }, job));
  await server.kill();
  const restarted = server.restart();
  const ping = () => redisCommand(server.port, "PING").catch(({ message }: Error) => message);
  let answer = await ping();
  while (!answer.startsWith("LOADING")) {
    expect(answer).not.toBe("PONG");
    answer = await ping();
  }
  await expect(engine.submit([job()])).rejects.toThrow(StoreUnavailable);
  await restarted;
  const stats = () => engine.stats(queue).catch(() => undefined);
  let queued = await stats();
  while (queued === undefined) queued = await stats();
  expect(queued).toMatchObject({ queued: 500 });
});

test("a call that is repeated because its answer was lost changes nothing more (idempotent)", async () => {
  const { engine, job } = await setup();
  const specs = [job(), job()];
  await engine.submit(specs);
  await engine.submit(specs);
  const [first, second] = await lease(engine, 5);
  if (first === undefined || second === undefined) throw new Error("not leased");
  const chunk = { seq: 0, kind: "text", body: "x" } as const;
  for (let i = 0; i < 2; i += 1) {
    expect(await engine.append([{ ...first, chunks: [chunk] }])).toEqual([
      { kind: "appended", nextSeq: 1, nextOffset: 1 },
    ]);
    expect(await engine.renew([first], LEASE_MS)).toMatchObject([{ kind: "renewed" }]);
    await engine.settle([{ ...first, kind: "complete", resultJson: "1" }]);
    await engine.settle([{ ...second, kind: "release" }]);
    if (i === 0) await engine.adopt([second], LEASE_MS, "w");
    if (i === 0) break;
  }
  expect(await engine.stats(queue)).toMatchObject({ queued: 1, running: 0, succeeded: 1 });
  expect(await engine.settle([{ ...second, kind: "release" }])).toEqual([{ kind: "leaseLost" }]);
  expect(await engine.stats(queue)).toMatchObject({ queued: 1 });
  for (let i = 0; i < 2; i += 1) await engine.cancel(second.jobId, "enough");
  expect(await engine.stats(queue)).toMatchObject({ queued: 0, failed: 1 });
});

test("listeners get a resync after the connection was cut, and then signals as before", async () => {
  const { server, engine, job } = await setup();
  const heard: Signal[] = [];
  let wake = () => {};
  const subscription = await engine.subscribe(queue, (signal) => {
    heard.push(signal);
    wake();
  });
  onTestFinished(() => subscription[Symbol.asyncDispose]());
  const ofOneJob = Promise.withResolvers<Signal>();
  const narrow = await engine.subscribe(queue, ofOneJob.resolve, job().id);
  onTestFinished(() => narrow[Symbol.asyncDispose]());
  const until = async (kind: Signal["kind"]) => {
    while (!heard.some((signal) => signal.kind === kind)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    heard.length = 0;
  };
  await engine.submit([job()]);
  await until("work");
  await server.restart();
  await until("resync");
  expect(await ofOneJob.promise).toEqual({ kind: "resync" });
  await engine.defineQueue({ name: queue });
  await engine.submit([job()]);
  await until("work");
});

test("an unreachable Redis at start causes an error that names its address but not its password", async () => {
  const server = await startRedis();
  await server[Symbol.asyncDispose]();
  const url = server.url.replace("redis://", "redis://user:secret@");
  const opening = openEngine({
    redis: { url, connectTimeoutMs: 300 },
    clock: systemClock,
    random: systemRandom,
  });
  await expect(opening).rejects.toThrow(StoreUnavailable);
  await expect(opening).rejects.toThrow(`no Redis at 127.0.0.1:${server.port}`);
  await expect(opening).rejects.not.toThrow("secret");
});

test("a fault does not contain the payloads of its jobs", async () => {
  const { server, engine, job } = await setup({}, 200);
  server.pause();
  onTestFinished(() => server.resume());
  const spec = { ...job(), payloadJson: '{"patient":"Jane"}' };
  const fault: unknown = await engine.submit([spec]).catch((error: unknown) => error);
  const { inspect } = await import("node:util");
  expect(inspect(fault, { depth: 20 })).not.toContain("Jane");
});

test("a command that has failed is not sent when Redis is back", async () => {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const settings = { url: server.url, commandTimeoutMs: 200 };
  const redis = createConnection(settings, "test", systemRandom, () => {});
  onTestFinished(() => redis.disconnect());
  await connect(redis, settings, systemClock);
  // The server reads no more, so the command waits for its reply, and not for a connection.
  server.pause();
  await expect(redis.set("given-up", 1)).rejects.toThrow("timed out");
  await server.kill();
  await server.restart();
  expect(await redis.get("given-up")).toBeNull();
});
