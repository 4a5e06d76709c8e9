import { setImmediate as turn } from "node:timers/promises";
import { type Clock, systemClock } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import type { TaskOptions } from "../src/threads/thread-pool.ts";
import { bombPdf } from "./hostile-pdf.ts";
import { openThreads, type ThreadChange } from "./setup.ts";

/** Any machine takes a minute to count this far. */
const endless = "漢字".repeat(10_000_000);

function setup(change: ThreadChange = {}) {
  const { threads } = openThreads(change);
  const stop = new AbortController();
  const split = (text: string, options: Partial<TaskOptions> = {}) =>
    threads.run("splitText", () => ({ input: { text, maxTokens: 256 } }), {
      ...{ key: "aaaa", signal: stop.signal },
      ...options,
    });
  const works = async () =>
    expect(await split("The mill turns.", { signal: new AbortController().signal })).toEqual({
      kind: "done",
      value: ["The mill turns."],
    });
  return { threads, stop, split, works };
}

test("keeps the event loop running while a thread computes, and ends it at once when stopped", async () => {
  const { stop, split, works } = setup({ threads: 1 });
  const ended = split(endless).catch((error: unknown) => error);
  for (let turns = 0; turns < 1_000; turns += 1) await turn();
  stop.abort(new Error("stop"));
  expect(await ended).toEqual(new Error("stop"));
  await works();
});

test("ends a task at its time limit, and not a millisecond before", async () => {
  const clock = new ManualClock();
  const { split, works } = setup({ threads: 1, timeMs: 5_000, clock });
  let outcome: unknown;
  const ended = split(endless).then((end) => {
    outcome = end;
  });
  await vi.waitFor(() => expect(clock.pending).toBe(2), { timeout: 20_000 });
  clock.advance(4_999);
  await turn();
  expect(outcome).toBeUndefined();
  clock.advance(1);
  await ended;
  expect(outcome).toEqual({ kind: "overTime" });
  await works();
});

test("ends a task at its limit of CPU time, however slow the clock is, and replaces its thread", async () => {
  // Time stands still until the test advances it, so the limit by the clock is never reached.
  const clock = new ManualClock();
  const { split, works } = setup({ threads: 1, cpuMs: 300, timeMs: 2 ** 30, clock });
  const spent: number[] = [];
  let outcome: unknown;
  const ended = split(endless, { onSpent: (cpuMs) => spent.push(cpuMs) }).then((end) => {
    outcome = end;
  });
  while (outcome === undefined) {
    clock.advance(100);
    await turn();
  }
  await ended;
  expect(outcome).toEqual({ kind: "overCpu" });
  expect(spent).toEqual([expect.any(Number)]);
  expect(spent[0]).toBeGreaterThan(300);
  await works();
});

test("does not count the CPU time of earlier tasks on the same thread", async () => {
  const { split } = setup({ threads: 1, cpuMs: 3_000 });
  const spent: number[] = [];
  // Each takes some tenths of a second, and together they take more than one task may.
  const busy = "漢字".repeat(6_000);
  for (let total = 0; total < 3_500; total = spent.reduce((sum, ms) => sum + ms, 0)) {
    const options = { onSpent: (cpuMs: number) => void spent.push(cpuMs) };
    expect(await split(busy, options)).toMatchObject({ kind: "done" });
  }
  expect(Math.max(...spent)).toBeLessThan(3_000);
});

test("makes no other key wait for a thread because of a key whose tasks never end", async () => {
  const { stop, split } = setup({ threads: 2 });
  const hostile = Array.from({ length: 100 }, () => split(endless).catch(() => "stopped"));
  const other = { key: "bbbb", signal: new AbortController().signal };
  expect(await split("The mill turns.", other)).toMatchObject({ kind: "done" });
  expect(await split("The sea was calm.", other)).toMatchObject({ kind: "done" });
  stop.abort();
  expect(new Set(await Promise.all(hostile))).toEqual(new Set(["stopped"]));
});

const readPdf = (threads: ReturnType<typeof setup>["threads"], bytes: Buffer) =>
  threads.run(
    "readDocument",
    () => ({
      input: {
        ...{ filename: "a.pdf", contentType: "application/pdf", bytes: new Uint8Array(bytes) },
        limits: { pages: 10, characters: 1_000 },
      },
    }),
    { key: "aaaa", signal: new AbortController().signal },
  );

test("ends a task that uses too much memory in buffers, and not one that uses less", async () => {
  // The pool measures memory even before the thread has started, as on a busy machine.
  const after: Clock["after"] = (ms, run) => systemClock.after(ms === 100 ? 1 : ms, run);
  const { threads, works } = setup({
    ...{ threads: 1, memoryMb: 128, timeMs: 20_000, clock: { ...systemClock, after } },
  });
  expect(await readPdf(threads, bombPdf(20_000))).toEqual({ kind: "overMemory" });
  expect(await readPdf(threads, bombPdf(16))).toMatchObject({
    kind: "done",
    value: { reason: "DOCUMENT_NO_TEXT" },
  });
  await works();
});

test("ends a task that uses too much memory on the heap, and not one that uses less", async () => {
  const { threads, works } = setup({ threads: 1, memoryMb: 64 });
  // Each word is in few enough sentences to link them, which makes hundreds of millions of links.
  const sentences = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const words = [7, 11, 13, 17].map((step) => `w${String((i * step) % 1_499)}x`);
      return `The ${words.join(" ")}.`;
    }).join(" ");
  const run = (text: string) =>
    threads.run("keySentences", () => ({ input: { text, maxTokens: 64, question: "" } }), {
      ...{ key: "aaaa", signal: new AbortController().signal },
    });
  expect(await run(sentences(100_000))).toEqual({ kind: "overMemory" });
  expect(await run(sentences(1_000))).toMatchObject({ kind: "done" });
  await works();
});

test("makes tasks over the number of threads wait without their input, and lets them be stopped", async () => {
  const { threads, stop, split, works } = setup({ threads: 1 });
  const first = split(endless).catch(() => "stopped");
  const prepare = vi.fn(() => ({ input: { text: "a", maxTokens: 256 } }));
  const waiting = new AbortController();
  const second = threads.run("splitText", prepare, {
    ...{ key: "aaaa", signal: waiting.signal },
  });
  waiting.abort(new Error("no longer wanted"));
  await expect(second).rejects.toThrow("no longer wanted");
  expect(prepare).not.toHaveBeenCalled();
  stop.abort();
  expect(await first).toBe("stopped");
  await works();
  expect(prepare).not.toHaveBeenCalled();
});

test("throws what a task throws, and throws when the pool ends", async () => {
  const { threads, split, works } = setup();
  await expect(split(undefined as never)).rejects.toThrow(TypeError);
  await works();
  const ended = split(endless).catch((error: unknown) => error);
  await turn();
  await threads.close();
  expect(await ended).toBeInstanceOf(Error);
  await expect(split("late")).rejects.toThrow("closed");
});

test("uses an idle thread again, and ends it after a long time without a task", async () => {
  const clock = new ManualClock();
  const { works } = setup({ clock });
  await works();
  expect(clock.pending).toBe(1);
  clock.advance(29_999);
  await works();
  expect(clock.pending).toBe(1);
  clock.advance(30_000);
  expect(clock.pending).toBe(0);
  await works();
});
