import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import { type RetryOptions, retrying, retryingStream } from "./retrying.ts";

const backoff = { initialMs: 100, maxMs: 400, factor: 2, jitter: 0.5 };
const away = new Error("away");
const always = (value: number): Random => ({ next: () => value, bytes: () => new Uint8Array() });

/** Provides a clock whose waits pass at once, and a list of these waits. */
function setup(options: Partial<RetryOptions> = {}) {
  let nowMs = 0;
  const waits: number[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    after(delayMs, run) {
      waits.push(delayMs);
      const timer = setImmediate(() => {
        nowMs += delayMs;
        run();
      });
      return { cancel: () => clearImmediate(timer) };
    },
  };
  const random = always(0);
  let calls = 0;
  /** Fails `failures` times, then returns the number of calls. */
  const call = (failures: number, tookMs = 0) =>
    retrying(
      async () => {
        calls += 1;
        nowMs += tookMs;
        if (calls <= failures) throw away;
        return calls;
      },
      { clock, random, backoff, ...options },
    );
  return { call, clock, random, waits, calls: () => calls, pass: (ms: number) => (nowMs += ms) };
}

test("a call that succeeds is made once", async () => {
  const { call, waits } = setup();
  expect(await call(0)).toBe(1);
  expect(waits).toEqual([]);
});

test("the backoff grows with each failure in a row, up to its maximum", async () => {
  const { call, waits } = setup();
  expect(await call(4)).toBe(5);
  expect(waits).toEqual([100, 200, 400, 400]);
});

test("jitter shortens the backoff", async () => {
  const { call, waits } = setup({ random: always(1) });
  await call(1);
  expect(waits).toEqual([50]);
});

test("a permanent failure is thrown at once", async () => {
  const { call, waits } = setup({ passes: () => false });
  await expect(call(1)).rejects.toBe(away);
  expect(waits).toEqual([]);
});

test("a delay that the peer asks for replaces the backoff", async () => {
  const { call, waits } = setup({ askedMs: () => 7 });
  await call(2);
  expect(waits).toEqual([7, 7]);
});

test.each([
  [301, 3],
  [300, 2],
])(
  "within %i ms there are %i tries, and no wait that is too long for another try",
  async (untilMs, tries) => {
    const { call, calls } = setup({ untilMs });
    await expect(call(9)).rejects.toBe(away);
    expect(calls()).toBe(tries);
  },
);

test("patience is counted from the first failure, not from the start of a long call", async () => {
  const { call } = setup({ patienceMs: 101 });
  expect(await call(1, 1_000)).toBe(2);
});

test("the error after lost patience says for how long tries have failed", async () => {
  const gaveUp = (error: unknown, failingMs: number) => new Error(`${failingMs}`, { cause: error });
  const { call } = setup({ patienceMs: 301, gaveUp });
  await expect(call(9)).rejects.toThrow("300");
});

test.each([
  [{}, "away"],
  [{ aborted: () => new Error("cancelled") }, "cancelled"],
])("a signal ends a wait, and no try follows", async (options, message) => {
  const stop = new AbortController();
  const { call, calls } = setup({
    ...options,
    signal: stop.signal,
    onWait: () => stop.abort(),
  });
  await expect(call(9)).rejects.toThrow(message);
  expect(calls()).toBe(1);
});

test("a stream continues after cuts, and progress resets the backoff and the patience", async () => {
  const { clock, random, waits, pass } = setup();
  let next = 0;
  const stream = retryingStream(
    async function* (retries) {
      // The stream is cut after each number. Before 2 comes, one more try fails.
      if (next === 2 && retries.failures < 2) throw away;
      retries.progressed();
      yield next;
      next += 1;
      pass(1_000);
      if (next < 4) throw away;
    },
    { clock, random, backoff, patienceMs: 500 },
  );
  expect(await Array.fromAsync(stream)).toEqual([0, 1, 2, 3]);
  expect(waits).toEqual([100, 100, 200, 100]);
});

test("a reader that leaves the loop ends the stream", async () => {
  const { clock, random } = setup();
  let ended = false;
  const stream = retryingStream(
    async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        ended = true;
      }
    },
    { clock, random, backoff },
  );
  for await (const _ of stream) break;
  expect(ended).toBe(true);
});
