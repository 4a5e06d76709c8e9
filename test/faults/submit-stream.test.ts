/**
 * Tests SubmitStream through a whole Millrace, with callers that keep the rules, callers that do not, and
 * services that end.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import type { LocalSystem } from "@millrace/local";
import { type Job, JobState } from "@millrace/proto/job";
import type {
  SubmitResult,
  SubmitStreamJob,
  SubmitStreamRequestSchema,
  SubmitStreamResponse,
} from "@millrace/proto/job-service";
import { fromRpcStatus, RpcFault } from "@millrace/runtime";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type Executor, startWorker } from "@millrace/worker-sdk";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { Heard } from "./heard.ts";
import { adminOf, type Caller, callerAt, startForTest, startLogged, untilMetric } from "./setup.ts";

type Message = MessageInitShape<typeof SubmitStreamRequestSchema>;

/** A time limit for tests that move a hundred megabytes on a busy machine. */
const SLOW_MS = 180_000;

/** Shared by the tests that do not break it. Each test has its own queue and key. */
let shared: ReturnType<typeof startLogged> | undefined;
afterAll(async () => (await shared)?.system[Symbol.asyncDispose]());
let queues = 0;

async function setup(executor?: Executor) {
  shared ??= startLogged({ workers: 0 });
  return callerOf((await shared).system, executor);
}

/** Provides a caller with its own queue, and a worker in this process if there is an executor. */
async function callerOf(system: LocalSystem, executor?: Executor) {
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue, types: ["test"] });
  if (executor !== undefined) work(system, queue, executor);
  const apiKey = await system.createApiKey(queue);
  const caller = callerAt(system.gatewayTarget(), apiKey);
  const streamed = (
    sequence: number,
    spec = {},
  ): MessageInitShape<never> & Partial<SubmitStreamJob> =>
    ({ sequence: BigInt(sequence), job: { queue, type: "test", ...spec } }) as never;
  return {
    system,
    queue,
    caller,
    streamed,
    open: (first: Message = {}) => new Stream(caller, first),
  };
}

function work(system: LocalSystem, queue: string, executor: Executor) {
  const worker = startWorker({
    address: system.workerTarget,
    workerId: queue,
    queues: [queue],
    slots: 100,
    executors: { test: executor },
    clock,
    random,
  });
  onTestFinished(() => worker.drain(0));
}

/** A stream as its caller sees it, with everything that arrived. */
class Stream {
  readonly #call: ReturnType<Caller["jobs"]["submitStream"]>;
  readonly #heard = new Heard<void>();
  readonly answers = new Map<number, SubmitResult[]>();
  readonly finished: Job[] = [];
  readonly gone: string[] = [];
  /** The events in the order in which they arrived: `answer N` or `finished ID`. */
  readonly order: string[] = [];
  #reading = Promise.withResolvers<void>();
  /** The failure that the stream ended with. Undefined if it ended normally. */
  readonly ended: Promise<RpcFault | undefined>;

  constructor({ jobs }: Caller, first: Message) {
    this.#call = jobs.submitStream();
    this.#reading.resolve();
    this.ended = this.#read();
    void this.write(first);
  }

  write(message: Message): Promise<void> {
    return this.#call.write(message as never);
  }

  end(): void {
    this.#call.end();
  }

  /** Reads at most one more message until it is resumed. */
  pause(): void {
    this.#reading = Promise.withResolvers();
  }

  resume(): void {
    this.#reading.resolve();
  }

  leave(): void {
    this.#call.cancel();
  }

  /** Resolves once `holds` returns true. Rejects if the stream ends before. */
  async until(holds: () => boolean): Promise<void> {
    if (!holds()) await this.#heard.until(holds, this.#heard.items.length);
  }

  /** Returns the last answer to the job with this number. */
  answer(
    sequence: number,
  ): { jobId: string } | { reason: string | undefined; violations: unknown } {
    const result = this.answers.get(sequence)?.at(-1)?.result;
    if (result?.case === "jobId") return { jobId: result.value };
    if (result?.case !== "error") throw new Error(`${sequence} has no answer`);
    const { reason, violations } = fromRpcStatus(result.value);
    return { reason, violations };
  }

  async #read(): Promise<RpcFault | undefined> {
    try {
      for await (const response of this.#call.responses) {
        this.#take(response);
        await this.#reading.promise;
      }
      this.#heard.end("the stream has ended");
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error;
      this.#heard.end(`the stream has ended: ${error.message}`);
      return error;
    }
  }

  #take({ results, finished, goneJobIds }: SubmitStreamResponse) {
    for (const { sequence, result } of results) {
      if (result === undefined) throw new Error("an answer without a result");
      const before = this.answers.get(Number(sequence)) ?? [];
      this.answers.set(Number(sequence), [...before, result]);
      this.order.push(`answer ${sequence}`);
    }
    for (const job of finished) this.order.push(`finished ${job.id}`);
    this.finished.push(...finished);
    this.gone.push(...goneJobIds);
    this.#heard.add();
  }
}

const range = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** Lets jobs end one by one, by the number in their payload. */
function gates() {
  const open = new Map<number, PromiseWithResolvers<void>>();
  const gate = (number: number) => {
    const found = open.get(number) ?? Promise.withResolvers<void>();
    open.set(number, found);
    return found;
  };
  const executor: Executor = async ({ payload }) => {
    const { number } = payload as { number: number };
    await gate(number).promise;
    return { number };
  };
  const payload = (number: number) => ({
    payload: { case: "payloadJson", value: JSON.stringify({ number }) },
  });
  return { executor, payload, release: (number: number) => gate(number).resolve() };
}

test("each of 10,000 jobs is answered once and reported once when finished, and the stream ends", async () => {
  const { open, streamed } = await setup(async () => ({ ok: true }));
  const stream = open({ notifyFinished: true });
  for (let from = 0; from < 10_000; from += 1_000) {
    await stream.write({ jobs: range(1_000, from).map((n) => streamed(n)) } as Message);
  }
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answers.size).toBe(10_000);
  const ids = [...stream.answers.keys()].map((n) => stream.answer(n) as { jobId: string });
  expect(stream.order).toHaveLength(20_000);
  const finishedIds = stream.finished.map(({ id }) => id);
  expect(new Set(finishedIds)).toEqual(new Set(ids.map(({ jobId }) => jobId)));
  expect(stream.finished[0]).toMatchObject({
    ...{ state: JobState.SUCCEEDED, resultJson: '{"ok":true}', payloadJson: "", type: "test" },
  });
});

test("only the bad jobs of a message are refused", async () => {
  const { open, streamed, queue } = await setup();
  const stream = open();
  const doc = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";
  await stream.write({
    jobs: [
      streamed(1),
      streamed(2, { queue: "NO" }),
      { sequence: 3n },
      streamed(4, { payload: { case: "payloadJson", value: "[]" } }),
      streamed(5, { type: "other" }),
      streamed(6, { queue: "nowhere" }),
      streamed(7, { documentIds: [doc] }),
      streamed(8, { payload: { case: "payloadJson", value: `{"a":"${"x".repeat(262_144)}"}` } }),
      streamed(9, { priority: 101 }),
      streamed(10),
    ],
  } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answer(2)).toMatchObject({ reason: "MALFORMED", violations: [{ field: "queue" }] });
  expect(stream.answer(3)).toMatchObject({ reason: "MALFORMED", violations: [{ field: "job" }] });
  expect(stream.answer(4)).toMatchObject({ violations: [{ field: "payload" }] });
  expect(stream.answer(5)).toMatchObject({ reason: "UNKNOWN_JOB_TYPE" });
  expect(stream.answer(6)).toMatchObject({ reason: "QUEUE_NOT_FOUND" });
  expect(stream.answer(7)).toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  expect(stream.answer(8)).toMatchObject({ violations: [{ field: "payload_json" }] });
  expect(stream.answer(9)).toMatchObject({ violations: [{ field: "priority" }] });
  for (const n of [1, 10]) {
    expect(stream.answer(n)).toEqual({ jobId: expect.stringContaining(`${queue}~`) });
  }
});

test("a sequence number is refused while its job is unanswered, and may be used again afterwards", async () => {
  const { open, streamed } = await setup();
  const stream = open();
  await stream.write({ jobs: [streamed(1), streamed(1)] } as Message);
  await stream.until(() => stream.answers.get(1)?.length === 2);
  const cases = stream.answers.get(1)?.map(({ result }) => result.case);
  expect(cases?.toSorted()).toEqual(["error", "jobId"]);
  await stream.write({ jobs: [streamed(1)] } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answer(1)).toHaveProperty("jobId");
});

test("1,000 jobs in a message are accepted, and one more ends the stream after the accepted ones are answered", async () => {
  const { open, streamed } = await setup();
  const stream = open();
  await stream.write({ jobs: range(1_000).map((n) => streamed(n)) } as Message);
  await stream.write({ jobs: range(1_001, 1_000).map((n) => streamed(n)) } as Message);
  expect(await stream.ended).toMatchObject({ code: status.INVALID_ARGUMENT, reason: "MALFORMED" });
  expect(stream.answers.size).toBe(1_000);
});

test("earlier jobs are reported too, and unknown jobs or jobs of another key are reported as gone", async () => {
  const { executor, payload, release } = gates();
  const { open, streamed, caller } = await setup(executor);
  const { caller: other, queue: theirs } = await setup();
  const { job: foreign } = await other.jobs.submitJob({ job: { queue: theirs, type: "test" } });
  const first = open();
  await first.write({ jobs: [streamed(1, payload(1)), streamed(2, payload(2))] } as Message);
  first.end();
  await first.ended;
  const [one, two] = [1, 2].map((n) => (first.answer(n) as { jobId: string }).jobId);
  release(1);
  await caller.jobs.getJob({ jobId: one ?? "", wait: { seconds: 60n } });

  const again = open({ notifyJobIds: [one ?? "", two ?? "", foreign?.id ?? "", "what?"] });
  await again.until(() => again.finished.length === 1 && again.gone.length === 2);
  expect(again.gone.toSorted()).toEqual([foreign?.id, "what?"].toSorted());
  release(2);
  again.end();
  expect(await again.ended).toBeUndefined();
  expect(again.finished.map(({ id }) => id)).toEqual([one, two]);
});

test("reports of many jobs with the longest labels fit into messages", async () => {
  const { open, streamed } = await setup(async () => null);
  const label = (i: number) => [`l${i}`.padEnd(63, "x"), "\u{1f422}".repeat(255)];
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, i) => label(i)));
  const first = open({ notifyFinished: true });
  for (let from = 0; from < 300; from += 100) {
    const jobs = Array.from({ length: 100 }, (_, i) => streamed(from + i, { labels }));
    await first.write({ jobs } as Message);
  }
  first.end();
  expect(await first.ended).toBeUndefined();
  const notifyJobIds = first.finished.map(({ id }) => id);
  expect(notifyJobIds).toHaveLength(300);
  // All jobs have finished by now and are reported together.
  const again = open({ notifyJobIds });
  again.end();
  expect(await again.ended).toBeUndefined();
  expect(again.finished.map(({ id }) => id).toSorted()).toEqual(notifyJobIds.toSorted());
});

test("a repeated idempotency key is answered with the existing job, whose end is reported once", async () => {
  const { executor, payload, release } = gates();
  const { open, streamed } = await setup(executor);
  const stream = open({ notifyFinished: true });
  const keyed = (n: number) => streamed(n, { idempotencyKey: "once", ...payload(1) });
  await stream.write({ jobs: [keyed(1), keyed(2)] } as Message);
  await stream.until(() => stream.answers.size === 2);
  expect(stream.answer(1)).toEqual(stream.answer(2));
  expect(
    [...stream.answers.values()]
      .flat()
      .map(({ existing }) => existing)
      .toSorted(),
  ).toEqual([...[false, true]]);
  release(1);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished).toHaveLength(1);
});

test(
  "a caller that does not read for a while costs its gateway little memory, and misses nothing",
  async () => {
    // A gateway that kept all 240 MB of results would run out of memory. A smaller heap would make the gateway
    // collect garbage all the time and answer too late.
    const { system } = await startForTest({
      workers: 0,
      settings: { gateway: { NODE_OPTIONS: "--max-old-space-size=192" } },
    });
    const result = "x".repeat(1_000_000);
    const { open, streamed, queue } = await callerOf(system, async () => result);
    const stream = open({ notifyFinished: true });
    stream.pause();
    await stream.write({ jobs: range(240).map((n) => streamed(n)) } as Message);
    stream.end();
    const [scheduler] = system.schedulers;
    await untilMetric((value) => value === 240, scheduler, "millrace_jobs_completed_total", {
      queue,
    });
    await untilMetric((value) => value === 0, system.gateways[0], "millrace_awaited_jobs");
    stream.resume();
    expect(await stream.ended).toBeUndefined();
    expect(new Set(stream.finished.map(({ id }) => id)).size).toBe(240);
    expect(stream.finished.every((job) => job.resultJson === JSON.stringify(result))).toBe(true);
  },
  SLOW_MS,
);

test("a caller that disconnects leaves no wait behind", async () => {
  const { executor, payload } = gates();
  const { open, streamed, system } = await setup(executor);
  const stream = open({ notifyFinished: true });
  await stream.write({ jobs: range(500).map((n) => streamed(n, payload(n))) } as Message);
  await stream.until(() => stream.answers.size === 500);
  const [gateway] = system.gateways;
  const [scheduler] = system.schedulers;
  await untilMetric((value) => value === 500, scheduler, "millrace_awaited_jobs");
  stream.leave();
  await untilMetric((value) => value === 0, gateway, "millrace_awaited_jobs");
  await untilMetric((value) => value === 0, scheduler, "millrace_awaited_jobs");
});

test("an unknown key is refused, and a revoked key ends its stream", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_KEY_CACHE_MS: "0" } },
  });
  const { caller, open, streamed } = await callerOf(system);
  const nobody = callerAt(system.gatewayTarget(), `mr_nobody_${"0".repeat(32)}`);
  expect(await new Stream(nobody, {}).ended).toMatchObject({ reason: "UNAUTHENTICATED" });
  const stream = open();
  await stream.write({ jobs: [streamed(1)] } as Message);
  await stream.until(() => stream.answers.size === 1);
  await adminOf(system).revokeApiKey({ keyId: caller.keyId });
  await stream.write({ jobs: [streamed(2)] } as Message);
  expect(await stream.ended).toMatchObject({ reason: "UNAUTHENTICATED" });
  expect([...stream.answers.keys()]).toEqual([1]);
});

test("a caller at its limit of unfinished jobs must wait until one has finished", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "2" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  for (const n of [1, 2, 3]) await stream.write({ jobs: [streamed(n, payload(n))] } as Message);
  await stream.until(() => stream.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  release(1);
  await stream.until(() => stream.answers.size === 3);
  expect(stream.order).toEqual(["answer 1", "answer 2", `finished ${one}`, "answer 3"]);
  release(2);
  release(3);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished.map(({ id }) => id)).toContain(two);
});

test("abandoned waits make room on a stream at its limit, whatever is queued before them", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "2" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  for (const n of [1, 2, 3, 4]) await stream.write({ jobs: [streamed(n, payload(n))] } as Message);
  await stream.until(() => stream.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  await stream.write({ forgetJobIds: [one, two] } as Message);
  await stream.until(() => stream.answers.size === 4);
  for (const service of [system.gateways[0], system.schedulers[0]]) {
    await untilMetric((value) => value === 2, service, "millrace_awaited_jobs");
  }
  for (const n of [1, 2, 3, 4]) release(n);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  const [three, four] = [3, 4].map((n) => (stream.answer(n) as { jobId: string }).jobId);
  expect(stream.finished.map(({ id }) => id).sort()).toEqual([three, four].sort());
});

test("a wait abandoned before it was accepted never begins, and a wait asked for again is reported", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_STREAM_UNFINISHED: "1" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const submitting = open();
  await submitting.write({ jobs: [1, 2].map((n) => streamed(n, payload(n))) } as Message);
  await submitting.until(() => submitting.answers.size === 2);
  const [one, two] = [1, 2].map((n) => (submitting.answer(n) as { jobId: string }).jobId);
  const stream = open({ notifyFinished: true, notifyJobIds: [one ?? ""] });
  await stream.write({ notifyJobIds: [two ?? ""] });
  await stream.write({ forgetJobIds: [two ?? ""] });
  release(2);
  await stream.write({ forgetJobIds: [one ?? ""], notifyJobIds: [one ?? ""] });
  release(1);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished.map(({ id }) => id)).toEqual([one]);
});

test("a killed scheduler loses nothing: every job is answered, and every end is reported", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "60000" } },
  });
  const { executor, payload, release } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  const write = (numbers: readonly number[]) =>
    stream.write({ jobs: numbers.map((n) => streamed(n, payload(n))) } as Message);
  await write(range(200));
  await stream.until(() => stream.answers.size === 200);
  await system.schedulers[0]?.kill();
  await write(range(200, 200));
  await system.schedulers[0]?.restart();
  for (const n of range(400)) release(n);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  const ids = range(400).map((n) => (stream.answer(n) as { jobId: string }).jobId);
  expect(stream.finished.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

test("without a scheduler each job is answered with SCHEDULER_UNAVAILABLE, and the stream stays open", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_SCHEDULER_DEADLINE_MS: "500" } },
  });
  const { open, streamed } = await callerOf(system);
  const stream = open();
  await stream.write({ jobs: [streamed(1)] } as Message);
  await stream.until(() => stream.answers.size === 1);
  await system.schedulers[0]?.kill();
  await stream.write({ jobs: [streamed(2)] } as Message);
  await stream.until(() => stream.answers.size === 2);
  expect(stream.answer(2)).toMatchObject({ reason: "SCHEDULER_UNAVAILABLE" });
  await system.schedulers[0]?.restart();
  await stream.write({ jobs: [streamed(3)] } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
});

test("a gateway that stops reports DRAINING after it has answered every accepted job", async () => {
  const { system } = await startForTest({ workers: 0 });
  const { executor, payload } = gates();
  const { open, streamed } = await callerOf(system, executor);
  const stream = open({ notifyFinished: true });
  await stream.write({ jobs: range(1_000).map((n) => streamed(n, payload(n))) } as Message);
  await stream.until(() => stream.answers.size > 0);
  const exit = await system.gateways[0]?.stop();
  expect(exit).toEqual({ code: 0, signal: null });
  expect(await stream.ended).toMatchObject({ code: status.UNAVAILABLE, reason: "DRAINING" });
  expect(stream.answers.size).toBe(1_000);
});

test("a gateway whose token is rejected answers INTERNAL and logs why, because no caller's key is wrong", async () => {
  const { system, log } = await startForTest({
    workers: 0,
    settings: { scheduler: { MILLRACE_INTERNAL_TOKEN: "right" } },
  });
  const caller = callerAt(system.gatewayTarget(), system.apiKey);
  expect(await new Stream(caller, {}).ended).toMatchObject({ code: status.INTERNAL });
  await log.until((line) => JSON.stringify(line).includes("MILLRACE_INTERNAL_TOKEN"));
});
