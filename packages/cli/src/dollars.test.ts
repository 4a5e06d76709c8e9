import { expect, test } from "vitest";
import { dollars, dollarsText, scaled } from "./dollars.ts";

test.each([
  ["1.25", 1_250_000n],
  ["0", 0n],
  ["0.000001", 1n],
  ["1000000", 1_000_000_000_000n],
  // 0.1 + 0.2 and its like are not exact in doubles.
  ["0.3", 300_000n],
  ["4.35", 4_350_000n],
])("reads %s dollars as micro-dollars, and writes them as it was", (text, micros) => {
  expect(dollars(text)).toBe(micros);
  expect(dollarsText(micros)).toBe(text);
});

test.each(["-1", "1.0000001", "1000000.1", "1e3", "", "1,5", "free"])("refuses %s", (text) => {
  expect(() => dollars(text)).toThrow("US dollars per million tokens");
});

test.each<[text: string, digits: number, value: bigint, rounded: boolean]>([
  ["1.25e-6", 12, 1_250_000n, false],
  ["0.00000125", 12, 1_250_000n, false],
  ["7.5e-08", 12, 75_000n, false],
  ["2e-07", 12, 200_000n, false],
  ["1.5e-12", 12, 2n, true],
  ["1.4e-12", 12, 1n, true],
  ["4e-13", 12, 0n, true],
  ["-1e-6", 12, -1_000_000n, false],
  ["3", 0, 3n, false],
])("multiplies %s by 10 to the power of %i exactly", (text, digits, value, rounded) => {
  expect(scaled(text, digits)).toEqual({ value, rounded });
});

test("is exact where a product of doubles is not", () => {
  // 1.1e-6 * 1e12 is 1100000.0000000002 as doubles.
  expect(scaled("1.1e-06", 12)).toEqual({ value: 1_100_000n, rounded: false });
  expect(scaled("one", 12)).toBeUndefined();
});
