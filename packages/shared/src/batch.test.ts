import { expect, test } from "vitest";
import { createBatcher } from "./batch.ts";

/** Provides a batcher whose flushes wait until the test finishes them. */
function setup(options: { maxItems: number; maxInFlight: number; maxWeight?: number }) {
  const flushes: { items: readonly number[]; finish: () => void; fail: (error: Error) => void }[] =
    [];
  let arrived = Promise.withResolvers<void>();
  const batcher = createBatcher<number, number>({
    maxWeight: Number.POSITIVE_INFINITY,
    weigh: (item) => item,
    ...options,
    flush(items) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>();
      flushes.push({ items, finish: () => resolve(items.map((item) => item * 10)), fail: reject });
      arrived.resolve();
      return promise;
    },
  });
  const flushed = async (count: number) => {
    while (flushes.length < count) {
      await arrived.promise;
      arrived = Promise.withResolvers();
    }
  };
  return { batcher, flushes, flushed };
}

test("calls that arrive together share one flush, and each gets its own result", async () => {
  const { batcher, flushes, flushed } = setup({ maxItems: 100, maxInFlight: 1 });
  const results = Promise.all([batcher.add(1), batcher.add(2), batcher.add(3)]);
  await flushed(1);
  expect(flushes[0]?.items).toEqual([1, 2, 3]);
  flushes[0]?.finish();
  expect(await results).toEqual([10, 20, 30]);
});

test("calls that arrive during a flush share the next flush", async () => {
  const { batcher, flushes, flushed } = setup({ maxItems: 100, maxInFlight: 1 });
  const first = batcher.add(1);
  await flushed(1);
  const rest = Promise.all([batcher.add(2), batcher.add(3)]);
  expect(batcher.waiting).toBe(2);
  flushes[0]?.finish();
  await first;
  await flushed(2);
  expect(flushes[1]?.items).toEqual([2, 3]);
  flushes[1]?.finish();
  expect(await rest).toEqual([20, 30]);
});

test("a flush never takes more items than its limit", async () => {
  const { batcher, flushes, flushed } = setup({ maxItems: 2, maxInFlight: 2 });
  const results = Promise.all([1, 2, 3].map((item) => batcher.add(item)));
  await flushed(2);
  expect(flushes.map((flush) => flush.items)).toEqual([[1, 2], [3]]);
  for (const flush of flushes) flush.finish();
  expect(await results).toEqual([10, 20, 30]);
});

test("a failed flush rejects only its own calls, and the next flush runs", async () => {
  const { batcher, flushes, flushed } = setup({ maxItems: 1, maxInFlight: 1 });
  const bad = batcher.add(1);
  const good = batcher.add(2);
  await flushed(1);
  flushes[0]?.fail(new Error("store away"));
  await expect(bad).rejects.toThrow("store away");
  await flushed(2);
  flushes[1]?.finish();
  expect(await good).toBe(20);
});

test("a flush with too few results rejects its calls, so that results are not mixed up", async () => {
  const batcher = createBatcher<number, number>({
    maxItems: 9,
    maxInFlight: 1,
    maxWeight: 9,
    weigh: () => 1,
    flush: async () => [1],
  });
  await expect(Promise.all([batcher.add(1), batcher.add(2)])).rejects.toThrow(
    "1 results for 2 items",
  );
});

test("a flush never weighs more than its limit", async () => {
  const { batcher, flushes, flushed } = setup({ maxItems: 9, maxInFlight: 9, maxWeight: 5 });
  const results = Promise.all([2, 3, 1].map((item) => batcher.add(item)));
  await flushed(2);
  expect(flushes.map((flush) => flush.items)).toEqual([[2, 3], [1]]);
  for (const flush of flushes) flush.finish();
  expect(await results).toEqual([20, 30, 10]);
});

test("each flush begins in its own turn of the event loop", async () => {
  let turn = 0;
  const begunIn: number[] = [];
  const allBegun = Promise.withResolvers<void>();
  const count = () => {
    turn += 1;
    if (begunIn.length < 3) setImmediate(count);
  };
  const batcher = createBatcher<number, number>({
    ...{ maxItems: 1, maxInFlight: 3, maxWeight: 9, weigh: () => 1 },
    async flush(items) {
      begunIn.push(turn);
      if (begunIn.length === 3) allBegun.resolve();
      await allBegun.promise;
      return items;
    },
  });
  setImmediate(count);
  await Promise.all([1, 2, 3].map((item) => batcher.add(item)));
  expect(begunIn).toEqual([1, 2, 3]);
});
