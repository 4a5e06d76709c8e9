import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace, type WatchEvent } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { redisCommand } from "@millrace/testing";
import { type Executor, NonRetryableError, startWorker } from "@millrace/worker-sdk";
import { afterAll, expect, onTestFinished, test } from "vitest";

/** Shared by the tests that do not break it. Each test has its own queue and key. */
let shared: Promise<LocalSystem> | undefined;
afterAll(async () => (await shared)?.[Symbol.asyncDispose]());
let queues = 0;

async function setup(executor: Executor = async () => ({})) {
  shared ??= startSystem({ workers: 0 });
  return client(await shared, executor);
}

/** Like setup, but on a system that the test may break. */
async function setupAlone(executor: Executor = async () => ({})) {
  const system = await startSystem({ workers: 0 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  return client(system, executor);
}

/** Provides a client, and a worker in this process for its jobs. */
async function client(system: LocalSystem, executor: Executor) {
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue });
  const worker = startWorker({
    address: system.workerTarget,
    workerId: queue,
    queues: [queue],
    slots: 8,
    executors: { test: executor },
    clock,
    random,
  });
  onTestFinished(() => worker.drain(0));
  const connect = (apiKey: string) => {
    const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
    onTestFinished(() => millrace.close());
    return millrace;
  };
  const millrace = connect(await system.createApiKey(queue));
  return { system, connect, millrace, job: { queue, type: "test" } };
}

const textsOf = (events: readonly WatchEvent[]) =>
  events.flatMap((event) => (event.kind === "text" ? [event.text] : []));

test("run resolves with a job's result, or rejects with the reason for its failure", async () => {
  const { millrace, job } = await setup(async ({ payload }) => {
    const { a, b } = payload as { a: number; b: number };
    if (b === 0) throw new NonRetryableError("DIVIDED_BY_ZERO", "b is 0");
    return { ratio: a / b };
  });
  const done = await millrace.run<{ ratio: number }>({ ...job, payload: { a: 6, b: 3 } });
  expect(done).toMatchObject({ state: "SUCCEEDED", attempt: 1, result: { ratio: 2 } });
  await expect(millrace.run({ ...job, payload: { a: 1, b: 0 } })).rejects.toMatchObject({
    code: "JOB_FAILED",
    reason: "DIVIDED_BY_ZERO",
    message: "b is 0",
    retryable: false,
  });
});

test("a watch continues after its gateway was killed, without a gap or a repeat", async () => {
  const gate = Promise.withResolvers<void>();
  const { system, millrace, job } = await setupAlone(async ({ write }) => {
    await write("one ");
    await gate.promise;
    await write("two");
    return {};
  });
  const { jobId } = await millrace.submit(job);
  const events: WatchEvent[] = [];
  for await (const event of millrace.watch(jobId)) {
    events.push(event);
    if (event.kind !== "text" || event.text !== "one ") continue;
    await system.gateways[0]?.kill();
    await system.gateways[0]?.restart();
    gate.resolve();
  }
  expect(textsOf(events)).toEqual(["one ", "two"]);
  const states = events.flatMap((event) => (event.kind === "job" ? [event.job.state] : []));
  expect(states.at(-1)).toBe("SUCCEEDED");
  expect(states).toEqual([...new Set(states)]);
});

test.each(["schedulers", "gateways"] as const)(
  "a watch continues after its %s were stopped and started again",
  async (replaced) => {
    const gate = Promise.withResolvers<void>();
    const { system, millrace, job } = await setupAlone(async ({ write }) => {
      await write("one ");
      await gate.promise;
      await write("two");
      return {};
    });
    const { jobId } = await millrace.submit(job);
    const events: WatchEvent[] = [];
    for await (const event of millrace.watch(jobId)) {
      events.push(event);
      if (event.kind !== "text" || event.text !== "one ") continue;
      await system[replaced][0]?.restart();
      gate.resolve();
    }
    expect(textsOf(events)).toEqual(["one ", "two"]);
    expect(events.at(-1)).toMatchObject({ kind: "job", job: { state: "SUCCEEDED" } });
  },
);

test("a watch that stays cut gives up, and says at which offset to continue", async () => {
  const { system, millrace, job } = await setupAlone(async ({ write, signal }) => {
    await write("one");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const { jobId } = await millrace.submit(job);
  const watch = async () => {
    for await (const event of millrace.watch(jobId, { giveUpAfterMs: 100 })) {
      if (event.kind === "text") await system.gateways[0]?.kill();
    }
  };
  await expect(watch()).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("watch again from offset 1"),
    metadata: { next_offset: "1" },
  });
});

test("a watch shows a job's final state before it reports that output is gone", async () => {
  const { system, millrace, job } = await setup(async ({ write }) => write("one"));
  const { id } = await millrace.run(job);
  const remove = "return redis.call('DEL', unpack(redis.call('KEYS', ARGV[1])))";
  await redisCommand(system.redis.port, "EVAL", remove, "0", `*${id}:output`);
  const events: WatchEvent[] = [];
  const watch = async () => {
    for await (const event of millrace.watch(id)) events.push(event);
  };
  await expect(watch()).rejects.toMatchObject({ reason: "OUTPUT_GONE" });
  expect(events).toMatchObject([{ kind: "job", job: { state: "SUCCEEDED" } }]);
});

test("a job's text starts again with the second attempt", async () => {
  const { millrace, job } = await setup(async ({ attempt, write }) => {
    await write(`attempt ${attempt}`);
    if (attempt === 1) throw new Error("once more");
    return {};
  });
  const { jobId } = await millrace.submit({ ...job, retry: { initialBackoffMs: 1 } });
  let text = "";
  let resets = 0;
  for await (const delta of millrace.text(jobId)) {
    if (delta.reset) {
      text = "";
      resets += 1;
    }
    text += delta.text;
  }
  expect(text).toBe("attempt 2");
  expect(resets).toBe(1);
});

test("a document uploaded from a path, bytes or a stream is downloaded unchanged", async () => {
  const { millrace } = await setup();
  const folder = await mkdtemp(join(tmpdir(), "millrace-upload-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const content = "The sea was calm.\n".repeat(50_000);
  const path = join(folder, "sea.txt");
  await writeFile(path, content);
  const fromPath = await millrace.uploadDocument(path);
  expect(fromPath).toMatchObject({
    name: "sea.txt",
    contentType: "text/plain",
    sizeBytes: 900_000,
  });
  const fromBytes = await millrace.uploadDocument(Buffer.from(content), {
    name: "b.md",
    contentType: "text/markdown",
  });
  expect(fromBytes).toMatchObject({
    name: "b.md",
    contentType: "text/markdown",
    sha256: fromPath.sha256,
  });
  const fromStream = await millrace.uploadDocument(new Blob([content]).stream());
  // The same content of the same type is the same document, whose retention begins anew.
  expect(fromStream).toEqual({ ...fromPath, expireTime: fromStream.expireTime });
  expect(await millrace.getDocument(fromPath.id)).toEqual(fromStream);
  const pieces = await Array.fromAsync(millrace.downloadDocument(fromPath.id));
  expect(Buffer.concat(pieces).toString()).toBe(content);
});

test("a refused upload gives the reason, and a failing source's error is thrown", async () => {
  const { millrace } = await setup();
  await expect(millrace.uploadDocument(new Uint8Array())).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "DOCUMENT_EMPTY",
  });
  await expect(millrace.uploadDocument("/nowhere/at/all.txt")).rejects.toMatchObject({
    code: "ENOENT",
  });
});

test("a list yields the jobs of all pages", async () => {
  const { millrace, job } = await setup();
  const outcomes = await millrace.submitMany(Array.from({ length: 7 }, () => job));
  const ids = outcomes.map((outcome) => (outcome.kind === "accepted" ? outcome.jobId : ""));
  const listed = await Array.fromAsync(millrace.list({ queue: job.queue, pageSize: 3 }));
  expect(listed.map(({ id }) => id).sort()).toEqual([...ids].sort());
});

test("a wrong key, another key's job, a cancelled call and a late call have different errors", async () => {
  const { system, connect, millrace, job } = await setup(
    ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
  );
  const { jobId } = await millrace.submit(job);
  const stranger = connect(await system.createApiKey("stranger"));
  await expect(stranger.getJob(jobId)).rejects.toMatchObject({
    code: "NOT_FOUND",
    reason: "JOB_NOT_FOUND",
  });
  const nobody = connect("mr_nobody_00000000000000000000000000000000");
  await expect(nobody.getJob(jobId)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    retryable: false,
  });
  await expect(millrace.wait(jobId, { deadlineMs: 50 })).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
  });
  const abort = new AbortController();
  const waiting = millrace.wait(jobId, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED", cause: { message: "enough" } });
});
