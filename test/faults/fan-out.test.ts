/** Tests jobs that hand parts of their work over to other workers, and the crashes, cancels and drains meanwhile. */
import { type Job, JobState } from "@millrace/proto/job";
import type { AttemptContext, Executor, FanOutOptions, FanOutResult } from "@millrace/worker-sdk";
import { NonRetryableError } from "@millrace/worker-sdk";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { isFinal } from "./journal.ts";
import { startLogged } from "./setup.ts";

const shared = await startLogged({
  ...{ schedulers: 2, workers: 0 },
  settings: { scheduler: { MILLRACE_LEASE_MS: "3000", MILLRACE_REAP_EVERY_MS: "100" } },
});
afterAll(() => shared.system[Symbol.asyncDispose]());

async function setup() {
  const bench = await benchOn(shared);
  const { jobs } = bench.caller;
  /** Every job of the queue that has this type, with its end. */
  const endsOf = async (type: string): Promise<Job[]> => {
    const { jobs: listed } = await jobs.listJobs({ queue: bench.queue, pageSize: 500 });
    const ids = listed.filter((job) => job.type === type).map(({ id }) => id);
    return Promise.all(ids.map(endOf));
  };
  const endOf = async (jobId: string): Promise<Job> => {
    for await (const { event } of jobs.watchJob({ jobId })) {
      if (event.case === "job" && isFinal(event.value.state)) return event.value;
    }
    throw new Error(`the watch of ${jobId} ended before the job did`);
  };
  /** Resolves once the job waits for its children. */
  const waits = async (jobId: string): Promise<void> => {
    for await (const { event } of jobs.watchJob({ jobId })) {
      if (event.case === "job" && event.value.state === JobState.WAITING) return;
    }
    throw new Error(`the watch of ${jobId} ended before the job waited`);
  };
  const finish = async (type: string, payload: unknown = {}) => {
    const value = JSON.stringify(payload);
    const id = await bench.submit({ type, payload: { case: "payloadJson", value } });
    return { id, end: await endOf(id) };
  };
  return { ...bench, endsOf, endOf, waits, finish };
}

const page = (n: number) => ({ type: "page", payload: { n } });
const pageOf = ({ payload }: AttemptContext) => (payload as { n: number }).n;
const resultOf = ({ resultJson }: Job): unknown => JSON.parse(resultJson);

/** Jobs of type page that end when the test says so. */
function pages() {
  const started = new Map<number, PromiseWithResolvers<AttemptContext>>();
  const ended = new Map<number, PromiseWithResolvers<void>>();
  const of = <T>(all: Map<number, PromiseWithResolvers<T>>, n: number) => {
    const one = all.get(n) ?? Promise.withResolvers<T>();
    all.set(n, one);
    return one;
  };
  const runs: number[] = [];
  const executor: Executor = async (context) => {
    const n = pageOf(context);
    runs.push(n);
    of(started, n).resolve(context);
    const stopped = new Promise((_, reject) =>
      context.signal.addEventListener("abort", () => reject(context.signal.reason)),
    );
    await Promise.race([of(ended, n).promise, stopped]);
    return n * 10;
  };
  return {
    ...{ executor, runs },
    started: (n: number) => of(started, n).promise,
    end: (n: number) => of(ended, n).resolve(),
  };
}

test("three children run in two workers, and the job goes on with their results in order", async () => {
  const { worker, submit, waits, endOf, finish, checkStore } = await setup();
  const part = pages();
  const runs: [number, unknown, string][] = [];
  const book: Executor = async ({ fanOut, resumed, attempt, traceparent, addUsage }) => {
    runs.push([attempt, resumed, traceparent]);
    addUsage({ inputTokens: 5 });
    const { met, children } = await fanOut([1, 2, 3].map(page));
    return { met, results: children.map(({ index, state, result }) => [index, state, result]) };
  };
  worker({ book, page: part.executor }, 2);
  worker({ book, page: part.executor }, 2);
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const id = await submit({ type: "book", traceparent });
  await waits(id);
  // No slot is held, so that all three children run.
  const contexts = await Promise.all([1, 2, 3].map(part.started));
  expect(contexts.map((one) => one.traceparent.slice(3, 35))).toEqual(Array(3).fill(traceId));
  for (const n of [3, 2, 1]) part.end(n);
  const end = await endOf(id);
  expect(resultOf(end)).toEqual({
    met: true,
    results: [1, 2, 3].map((n) => [n, "SUCCEEDED", n * 10]),
  });
  expect(end).toMatchObject({ attempt: 1, stalls: 0, usage: { inputTokens: 10n } });
  expect(part.runs.sort()).toEqual([1, 2, 3]);
  expect(runs.map(([attempt, resumed]) => [attempt, resumed])).toEqual([
    [1, undefined],
    [1, { fanOuts: 1 }],
  ]);
  expect((await finish("page", { n: 1 })).end.state).toBe(JobState.SUCCEEDED);
  await checkStore();
});

test("no child runs twice when the worker is killed between its fan-out and the end of its attempt", async () => {
  const { dictation, submit, copyingWorker, endOf, endsOf, checkStore } = await setup();
  const dying = await copyingWorker({ SLOTS: "1" });
  const id = await submit({ type: "divide" });
  const first = await dictation.attempt(id, 1);
  expect(first.pid).toBe(dying.pid);
  await dying.kill();
  dictation.always((dictated) => {
    if (dictated.pid !== dying.pid) dictated.end(dictated.jobId === id ? "" : "copied");
  });
  await copyingWorker();
  const end = await endOf(id);
  expect(resultOf(end)).toEqual([{ text: "copied" }, { text: "copied" }]);
  expect(end).toMatchObject({ attempt: 2, stalls: 1 });
  const children = await endsOf("copy");
  expect(children.map(({ state, attempt }) => [state, attempt])).toEqual([
    [JobState.SUCCEEDED, 1],
    [JobState.SUCCEEDED, 1],
  ]);
  const ran = dictation.asked.items.filter(({ jobId }) => jobId !== id);
  expect(ran).toHaveLength(2);
  await checkStore();
});

test("a fan-out without children returns at once", async () => {
  const { worker, finish, checkStore } = await setup();
  worker({ book: ({ fanOut }) => fanOut([]) });
  const { end } = await finish("book");
  expect(resultOf(end)).toMatchObject({ met: true, state: "SUCCEEDED", children: [] });
  await checkStore();
});

test("children fan out themselves, in a worker with one slot", async () => {
  const { worker, finish, checkStore } = await setup();
  const sum = ({ children }: FanOutResult) =>
    children.reduce((total, { result }) => total + Number(result), 0);
  const book: Executor = async ({ fanOut }) =>
    sum(await fanOut([1, 2].map((n) => ({ type: "chapter", payload: { n } }))));
  const chapter: Executor = async (context) =>
    sum(await context.fanOut([1, 2].map((n) => page(pageOf(context) * 10 + n))));
  worker({ book, chapter, page: async (context) => pageOf(context) }, 1);
  expect(resultOf((await finish("book")).end)).toBe(11 + 12 + 21 + 22);
  await checkStore();
});

test.each<[rule: FanOutOptions["rule"], met: boolean, third: string]>([
  ["all", false, "CANCELLED"],
  [50, true, "SUCCEEDED"],
])("a child that fails under the rule %s: the rule is met: %s", async (rule, met, third) => {
  const { worker, finish, checkStore } = await setup();
  const part = pages();
  const book: Executor = ({ fanOut }) => fanOut([1, 2, 3].map(page), rule ? { rule } : {});
  const mixed: Executor = (context) => {
    if (pageOf(context) === 2) throw new NonRetryableError("NO_TEXT", "The page has no text.");
    if (pageOf(context) === 1 || rule === 50) part.end(pageOf(context));
    return part.executor(context);
  };
  worker({ book, page: mixed }, 1);
  worker({ book, page: mixed }, 1);
  const result = resultOf((await finish("book")).end) as FanOutResult;
  expect(result).toMatchObject({ met, state: met ? "SUCCEEDED" : "FAILED" });
  expect(result.children[1]).toMatchObject({
    ...{ index: 2, state: "FAILED" },
    failure: { reason: "NO_TEXT", message: "The page has no text.", retryable: false },
  });
  if (met)
    expect(result.children.map(({ state }) => state)).toEqual(["SUCCEEDED", "FAILED", third]);
  await checkStore();
});

test("the cancel of a job that waits cancels its children", async () => {
  const { worker, caller, submit, waits, endOf, endsOf, checkStore } = await setup();
  const part = pages();
  worker({ book: ({ fanOut }) => fanOut([1, 2].map(page)), page: part.executor }, 1);
  const id = await submit({ type: "book" });
  await waits(id);
  await part.started(1);
  await caller.jobs.cancelJob({ jobId: id, reason: "enough" });
  expect((await endOf(id)).state).toBe(JobState.CANCELLED);
  expect((await endsOf("page")).map(({ state }) => state)).toEqual([
    JobState.CANCELLED,
    JobState.CANCELLED,
  ]);
  expect(part.runs).toEqual([1]);
  await checkStore();
});

test("the next attempt gets the checkpoint of a worker that was killed", async () => {
  const { dictation, submit, copyingWorker, endOf, checkStore } = await setup();
  const dying = await copyingWorker();
  const id = await submit({ type: "remember" });
  await dictation.attempt(id, 1);
  await dying.kill();
  await copyingWorker();
  (await dictation.attempt(id, 2)).end();
  const end = await endOf(id);
  expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 2 });
  expect(resultOf(end)).toBe(1);
  await checkStore();
});

test("a worker drains while its job waits, and another worker finishes the job", async () => {
  const { worker, submit, waits, endOf, checkStore } = await setup();
  const part = pages();
  const book: Executor = async ({ fanOut }) => (await fanOut([page(1)])).children[0]?.result;
  const leaving = worker({ book }, 1);
  const id = await submit({ type: "book" });
  await waits(id);
  await leaving.drain(60_000);
  worker({ book, page: part.executor }, 1);
  part.end(1);
  const end = await endOf(id);
  expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1 });
  expect(resultOf(end)).toBe(10);
  await checkStore();
});

test("fan-outs follow one another, and the second is made from what the first gave", async () => {
  const { worker, finish, checkStore } = await setup();
  const runs: unknown[] = [];
  const book: Executor = async ({ fanOut, resumed }) => {
    runs.push(resumed);
    const first = await fanOut([1, 2].map(page));
    const second = await fanOut(first.children.map(({ result }) => page(Number(result))));
    return second.children.map(({ result }) => result);
  };
  worker({ book, page: async (context) => pageOf(context) + 1 });
  expect(resultOf((await finish("book")).end)).toEqual([3, 4]);
  expect(runs).toEqual([undefined, { fanOuts: 1 }, { fanOuts: 2 }]);
  await checkStore();
});

test("an executor that hands over other children when it runs again fails with FAN_OUT_DIFFERS", async () => {
  const { worker, finish, checkStore } = await setup();
  let runs = 0;
  worker({
    book: ({ fanOut }) => {
      runs += 1;
      return fanOut([page(runs)]);
    },
    page: async () => 1,
  });
  const { end } = await finish("book");
  expect(end).toMatchObject({ state: JobState.FAILED, failure: { reason: "FAN_OUT_DIFFERS" } });
  await checkStore();
});

test("a child that breaks a rule of submissions fails its job, and no child runs", async () => {
  const { worker, finish, endsOf, checkStore } = await setup();
  worker({ book: ({ fanOut }) => fanOut([page(1), { type: "No Such Type" }]) });
  const { end } = await finish("book");
  expect(end).toMatchObject({
    state: JobState.FAILED,
    failure: { reason: "MALFORMED", message: expect.stringContaining("child 2: type: ") },
  });
  expect(await endsOf("page")).toEqual([]);
  await checkStore();
});

test("an attempt saves its checkpoint and fans out while either of two schedulers is dead", async () => {
  const { schedulers } = shared.system;
  const { worker, submit, endOf, checkStore } = await setup();
  const firstDead = Promise.withResolvers<void>();
  const saved = Promise.withResolvers<void>();
  const secondDead = Promise.withResolvers<void>();
  const book: Executor = async ({ fanOut, checkpoint, lastCheckpoint }) => {
    if (lastCheckpoint === undefined) {
      await firstDead.promise;
      await checkpoint("saved");
      saved.resolve();
      await secondDead.promise;
    }
    const { children } = await fanOut([1, 2].map(page));
    return [lastCheckpoint, ...children.map(({ result }) => result)];
  };
  worker({ book, page: async (context) => pageOf(context) });
  const id = await submit({ type: "book" });
  await schedulers[0]?.kill();
  firstDead.resolve();
  await saved.promise;
  await schedulers[0]?.restart();
  await schedulers[1]?.kill();
  secondDead.resolve();
  expect(resultOf(await endOf(id))).toEqual(["saved", 1, 2]);
  await schedulers[1]?.restart();
  await checkStore();
});
