import { expect, test } from "vitest";
import { byShard, callLimits } from "./by-shard.ts";

const even = (n: number) => (n < 0 ? undefined : n % 2 === 0 ? "even" : "odd");

async function calls(items: readonly number[], sizeOf = (_: number) => 0) {
  const made: [string, readonly number[]][] = [];
  const results = await byShard(
    items,
    even,
    sizeOf,
    async (shard, group) => {
      made.push([shard, group]);
      return group.map((n) => n * 10);
    },
    () => Number.NaN,
  );
  return { made, results };
}

test("each shard gets one call, and every item its own answer", async () => {
  const { made, results } = await calls([1, 2, -1, 3, 4]);
  expect(made).toEqual([
    ["odd", [1, 3]],
    ["even", [2, 4]],
  ]);
  expect(results).toEqual([10, 20, Number.NaN, 30, 40]);
});

test("a call takes up to its limit of items", async () => {
  const items = Array.from({ length: callLimits.items + 1 }, (_, i) => 2 * i);
  const { made, results } = await calls(items);
  expect(made.map(([, group]) => group.length)).toEqual([callLimits.items, 1]);
  expect(results).toEqual(items.map((n) => n * 10));
});

test("a call takes up to its limit of bytes, except for a single larger item", async () => {
  const half = callLimits.bytes / 2;
  const sizes: Record<number, number> = { 0: half, 2: half, 4: 1, 6: 3 * half, 8: 1 };
  const { made } = await calls([0, 2, 4, 6, 8], (n) => sizes[n] ?? 0);
  expect(made.map(([, group]) => group)).toEqual([[0, 2], [4], [6], [8]]);
});

test("a call that returns fewer answers than items is a fault", async () => {
  const answer = byShard(
    [1, 3],
    even,
    () => 0,
    async () => [1],
    () => 0,
  );
  await expect(answer).rejects.toThrow("1 replies for 2 items");
});

test("without items, no call is sent", async () => {
  expect(await calls([])).toEqual({ made: [], results: [] });
});
