import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const draw = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("the same seed gives the same numbers, and another seed gives others", () => {
  expect(draw(7, 100)).toEqual(draw(7, 100));
  expect(draw(7, 100)).not.toEqual(draw(8, 100));
});

test("numbers are spread evenly over [0, 1)", () => {
  const counts = Array.from({ length: 10 }, () => 0);
  const values = draw(42, 100_000);
  // One expectation for all values, because 200,000 expectations take seconds.
  expect(values.filter((value) => value < 0 || value >= 1)).toEqual([]);
  for (const value of values) {
    const bin = Math.floor(value * 10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  // The bound is five standard deviations of a tenth of 100,000 draws.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
});

test("bytes have the requested length and all values", () => {
  const bytes = seededRandom(1).bytes(10_000);
  expect(bytes).toHaveLength(10_000);
  expect(new Set(bytes).size).toBe(256);
});
