import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import { type RetryOptions, retrying, retryingStream } from "./retrying.ts";

const backoff = { initialMs: 100, maxMs: 400, factor: 2, jitter: 0.5 };
const away = new Error("away");
const always = (value: number): Random => ({ next: () => value, bytes: () => new Uint8Array() });

/** A clock whose waits pass at once, each written down. */
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
  /** Fails so many times, and then answers with how often it was called. */
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

test("waits grow with each failure in a row, up to the longest", async () => {
  const { call, waits } = setup();
  expect(await call(4)).toBe(5);
  expect(waits).toEqual([100, 200, 400, 400]);
});

test("chance shortens a wait", async () => {
  const { call, waits } = setup({ random: always(1) });
  await call(1);
  expect(waits).toEqual([50]);
});

test("a failure that does not pass is thrown at once", async () => {
  const { call, waits } = setup({ passes: () => false });
  await expect(call(1)).rejects.toBe(away);
  expect(waits).toEqual([]);
});

test("the wait that the peer asks for takes the place of the backoff", async () => {
  const { call, waits } = setup({ askedMs: () => 7 });
  await call(2);
  expect(waits).toEqual([7, 7]);
});

test.each([
  [301, 3],
  [300, 2],
])(
  "within %i ms there are %i tries, and no wait after which none is made",
  async (untilMs, tries) => {
    const { call, calls } = setup({ untilMs });
    await expect(call(9)).rejects.toBe(away);
    expect(calls()).toBe(tries);
  },
);

test("patience begins with the first failure and not with a call that lasts", async () => {
  const { call } = setup({ patienceMs: 101 });
  expect(await call(1, 1_000)).toBe(2);
});

test("patience that is over is told with how long tries have failed", async () => {
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

test("a stream goes on after cuts, and progress makes the next wait the first and patience whole again", async () => {
  const { clock, random, waits, pass } = setup();
  let next = 0;
  const stream = retryingStream(
    async function* (retries) {
      // 2 comes at once with the second try of it; each other number is followed by a cut.
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

test("a reader that leaves a stream ends it", async () => {
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
