/** Tests executors that throw, hang, write too much or return bad results, and workers that are told to stop. */
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { JobState } from "@millrace/proto/job";
import { limits, systemClock } from "@millrace/shared";
import { type AttemptContext, JobFailure, NonRetryableError } from "@millrace/worker-sdk";
import { afterAll, expect, test } from "vitest";
import { benchOn } from "./bench.ts";
import { lastText } from "./journal.ts";
import { startLogged } from "./setup.ts";

const shared = await startLogged({
  workers: 0,
  settings: { scheduler: { MILLRACE_STOP_GRACE_MS: "200" } },
});
afterAll(() => shared.system[Symbol.asyncDispose]());

const soon = { maxAttempts: 3, initialBackoff: { nanos: 1_000_000 } };

test("an attempt that throws is tried again until one succeeds", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  worker({
    copy: async ({ attempt, write }) => {
      await write(`${attempt}`);
      if (attempt < 3) throw new Error(`attempt ${attempt} failed`);
      return { text: `${attempt}` };
    },
  });
  const end = await journal.follow(await submit({ retry: soon }));
  expect(end).toMatchObject({ state: JobState.SUCCEEDED, attempt: 3 });
  await check();
});

test("a job fails with its last error when every attempt throws", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  worker({
    copy: async ({ attempt }) => {
      throw new Error(`attempt ${attempt} failed`);
    },
  });
  const end = await journal.follow(await submit({ retry: soon }));
  expect(end).toMatchObject({ state: JobState.FAILED, attempt: 3 });
  expect(end.failure).toMatchObject({ reason: "EXECUTOR_FAILED", message: "attempt 3 failed" });
  await check();
});

test("a non-retryable failure is not tried again", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  worker({
    copy: async () => {
      throw new NonRetryableError("NO_SUCH_BOOK", "There is no such book.");
    },
  });
  const end = await journal.follow(await submit({ retry: soon }));
  expect(end).toMatchObject({
    ...{ state: JobState.FAILED, attempt: 1 },
    failure: { reason: "NO_SUCH_BOOK", message: "There is no such book.", retryable: false },
  });
  await check();
});

const oddities: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["text", "just text"],
  ["an object without toString", Object.create(null)],
  ["an error with a very long message", new Error("m".repeat(5_000_000))],
  ["a failure with an invalid reason", new JobFailure("no reason ☂", "?", true)],
];

test.each(oddities)("a worker survives when its executor throws %s", async (_, thrown) => {
  const { journal, submit, worker, check } = await benchOn(shared);
  worker({
    copy: async () => {
      throw thrown;
    },
    other: async () => null,
  });
  const end = await journal.follow(await submit({ retry: { maxAttempts: 1 } }));
  expect(end).toMatchObject({ state: JobState.FAILED, failure: { reason: "EXECUTOR_FAILED" } });
  expect(end.failure?.message.length).toBeLessThanOrEqual(limits.errorMessageChars);
  const after = await journal.follow(await submit({ type: "other" }));
  expect(after.state).toBe(JobState.SUCCEEDED);
  await check();
});

test("a result that is not JSON, or is too long, fails only its own job", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  const itself: Record<string, unknown> = {};
  itself.self = itself;
  worker({
    circle: async () => itself,
    long: async () => "x".repeat(limits.resultBytes - 1),
    most: async () => "x".repeat(limits.resultBytes - 2),
    none: async () => () => 1,
  });
  const endOf = async (type: string) => journal.follow(await submit({ type, retry: soon }));
  expect(await endOf("circle")).toMatchObject({ failure: { reason: "MALFORMED" }, attempt: 1 });
  expect(await endOf("long")).toMatchObject({ failure: { reason: "TOO_LARGE" }, attempt: 1 });
  expect((await endOf("most")).resultJson).toHaveLength(limits.resultBytes);
  expect(await endOf("none")).toMatchObject({ failure: { reason: "MALFORMED" }, attempt: 1 });
  await check();
});

/** Makes an executor that passes its attempt to the test and then waits until `finish`, or until it is told to stop. */
function hanging(heeds: boolean) {
  const started = Promise.withResolvers<AttemptContext>();
  const over = Promise.withResolvers<void>();
  return {
    started: started.promise,
    finish: over.resolve,
    copy: async (context: AttemptContext) => {
      await context.write("begun");
      if (heeds) context.signal.addEventListener("abort", () => over.resolve());
      started.resolve(context);
      await over.promise;
      context.signal.throwIfAborted();
    },
  };
}

test.each([
  ["and ignores its signal", false],
  ["until its signal aborts", true],
])("a job that hangs %s ends at its deadline", async (_, heeds) => {
  const { journal, submit, worker, check } = await benchOn(shared);
  const { copy, finish } = hanging(heeds);
  worker({ copy, other: async () => null }, 2);
  const deadline = timestampFromMs(systemClock.nowMs() + 1_500);
  const end = await journal.follow(await submit({ deadline }));
  expect(end).toMatchObject({
    state: JobState.EXPIRED,
    failure: { reason: "DEADLINE_EXCEEDED" },
  });
  const other = await journal.follow(await submit({ type: "other" }));
  expect(other.state).toBe(JobState.SUCCEEDED);
  finish();
  await check();
});

test.each([
  ["and ignores its signal", false],
  ["until its signal aborts", true],
])("a job without a deadline that hangs %s runs until it is cancelled", async (_, heeds) => {
  const { caller, journal, submit, worker, check } = await benchOn(shared);
  const { copy, started, finish } = hanging(heeds);
  worker({ copy, other: async () => null }, 2);
  const jobId = await submit();
  const following = journal.follow(jobId);
  const { signal } = await started;
  const { job } = await caller.jobs.cancelJob({ jobId, reason: "enough" });
  expect(job?.cancelRequested).toBe(true);
  expect(await following).toMatchObject({
    state: JobState.CANCELLED,
    failure: { reason: "CANCELLED", message: "enough" },
  });
  expect(signal.aborted).toBe(true);
  const other = await journal.follow(await submit({ type: "other" }));
  expect(other.state).toBe(JobState.SUCCEEDED);
  finish();
  await check();
});

test("a job that writes too much fails, its output is kept up to the limit, and other jobs go on", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  const page = "0123456789abcdef".repeat(limits.chunkBytes / 16);
  worker({
    copy: async ({ write }) => {
      for (;;) await write(page);
    },
    other: async ({ write }) => {
      await write("other");
      return { text: "other" };
    },
  });
  const following = journal.follow(await submit({ retry: soon }));
  const other = await journal.follow(await submit({ type: "other" }));
  expect(other.state).toBe(JobState.SUCCEEDED);
  const end = await following;
  expect(end).toMatchObject({
    state: JobState.FAILED,
    attempt: 1,
    failure: { reason: "TOO_LARGE" },
  });
  const text = lastText(journal.recordOf(end.id).output.items);
  expect(text.length).toBeGreaterThan(0.95 * limits.outputBytes);
  expect(text.length).toBeLessThanOrEqual(limits.outputBytes);
  expect(page.repeat(text.length / page.length)).toBe(text);
  await check();
});

test("a worker that is told to stop finishes its jobs and takes no more", async () => {
  const { dictation, journal, submit, copyingWorker, check } = await benchOn(shared);
  const leaving = await copyingWorker();
  const jobId = await submit();
  const following = journal.follow(jobId);
  const last = await dictation.attempt(jobId, 1);
  const exit = leaving.stop();
  await leaving.stopping;
  const left = await submit();
  const followingLeft = journal.follow(left);
  const staying = await copyingWorker();
  const taken = await dictation.attempt(left, 1);
  expect(taken.pid).toBe(staying.pid);
  taken.end("taken");
  await followingLeft;
  last.end("last words");
  expect(await exit).toEqual({ code: 0, signal: null });
  expect(await following).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1 });
  await check();
});

test("a worker without drain time hands its job back, and no attempt is spent", async () => {
  const { dictation, journal, submit, copyingWorker, check } = await benchOn(shared);
  const leaving = await copyingWorker({ DRAIN_MS: "0" });
  const jobId = await submit();
  const following = journal.follow(jobId);
  const first = await dictation.attempt(jobId, 1);
  first.write("half");
  await journal.text(jobId, "half");
  expect(await leaving.stop()).toEqual({ code: 0, signal: null });
  const next = await copyingWorker();
  const again = await dictation.asked.until(({ pid }) => pid === next.pid);
  expect(again).toMatchObject({ jobId, attempt: 1 });
  again.end("whole");
  expect(await following).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1, stalls: 0 });
  await check();
});

test("workers of one queue run jobs of their own types, and no job is lost when a deploy adds a type", async () => {
  const { journal, submit, worker, check } = await benchOn(shared);
  const none = { copied: 0, mailed: 0, resized: 0 };
  const ran = { ...none };
  const count = (name: keyof typeof ran) => async () => {
    ran[name] += 1;
    return name;
  };
  const copier = worker({ copy: count("copied") });
  worker({ mail: count("mailed") });
  const types = ["copy", "mail", "copy", "resize"];
  const ids: string[] = [];
  for (let i = 0; i < 40; i += 1) ids.push(await submit({ type: types[i % 4] as string }));
  const served = ids.filter((_, i) => i % 4 !== 3);
  for (const id of served) {
    const { state, attempt } = await journal.follow(id);
    expect([state, attempt]).toEqual([JobState.SUCCEEDED, 1]);
  }
  expect(ran).toEqual({ ...none, copied: 20, mailed: 10 });
  // The new version starts before the old one stops.
  worker({ copy: count("copied"), resize: count("resized") });
  for (let i = 0; i < 8; i += 1) ids.push(await submit({ type: i % 2 === 0 ? "copy" : "resize" }));
  await copier.drain(1_000);
  for (const id of ids) {
    const { state, attempt } = await journal.follow(id);
    expect([state, attempt]).toEqual([JobState.SUCCEEDED, 1]);
  }
  expect(ran).toEqual({ copied: 24, mailed: 10, resized: 14 });
  await check();
});
