import fc from "fast-check";
import { expect, test } from "vitest";
import { groups } from "./group.ts";

const limits = { maxItems: 3, maxWeight: 10, weigh: (item: number) => item };
const cut = (...items: number[]) => [...groups(items, limits)];

test("a group holds at most maxItems items", () => {
  expect(cut(1, 1, 1)).toEqual([[1, 1, 1]]);
  expect(cut(1, 1, 1, 1)).toEqual([[1, 1, 1], [1]]);
});

test("a group weighs at most maxWeight", () => {
  expect(cut(5, 5)).toEqual([[5, 5]]);
  expect(cut(5, 6)).toEqual([[5], [6]]);
});

test("an item that is too heavy for any group forms its own group", () => {
  expect(cut(1, 99, 1)).toEqual([[1], [99], [1]]);
});

test("no item is lost or reordered, and only single items exceed the weight", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (items) => {
      const all = cut(...items);
      expect(all.flat()).toEqual(items);
      for (const group of all) {
        expect(group.length).toBeGreaterThan(0);
        const weight = group.reduce((sum, item) => sum + item, 0);
        expect(weight <= limits.maxWeight || group.length === 1).toBe(true);
      }
    }),
  );
});
