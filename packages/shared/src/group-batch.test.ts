import { expect, test } from "vitest";
import { createGroupBatcher } from "./group-batch.ts";

function setup(maxWeight: number) {
  const flushed: string[][] = [];
  const batcher = createGroupBatcher<string, string>({
    maxItems: 10,
    maxWeight,
    weigh: (word) => word.length,
    maxInFlight: 1,
    async flush(words) {
      flushed.push([...words]);
      return words.map((word) => word.toUpperCase());
    },
  });
  return { batcher, flushed };
}

test("groups that are added together are flushed as one list, and each gets its own results", async () => {
  const { batcher, flushed } = setup(100);
  const answers = await Promise.all([batcher.add(["a", "b"]), batcher.add([]), batcher.add(["c"])]);
  expect(answers).toEqual([["A", "B"], [], ["C"]]);
  expect(flushed).toEqual([["a", "b", "c"]]);
});

test("a group that would exceed the weight waits for the next flush, undivided", async () => {
  const { batcher, flushed } = setup(4);
  await Promise.all([batcher.add(["aa", "b"]), batcher.add(["cc", "dddd"])]);
  expect(flushed).toEqual([
    ["aa", "b"],
    ["cc", "dddd"],
  ]);
});

test("a flush that leaves an item without a result rejects its groups", async () => {
  const batcher = createGroupBatcher<string, string>({
    maxItems: 10,
    maxWeight: 10,
    weigh: () => 1,
    maxInFlight: 1,
    flush: async () => [],
  });
  await expect(batcher.add(["a"])).rejects.toThrow("0 results for 1 items");
});
