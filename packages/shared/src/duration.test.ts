import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["0s", 0],
  ["250ms", 250],
  ["1.5s", 1_500],
  ["1m30s", 90_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
  ["1d2h3m4s5ms", 93_784_005],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "s", "-1s", "1 s", "1w", "1h30", ".5s", "1e3s", "1s "])(
  "%j is not a duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [0, "0s"],
  [1, "1ms"],
  [90_000, "1m30s"],
  [86_400_000, "1d"],
  [93_784_005, "1d2h3m4s5ms"],
])("%d ms are written as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
  expect(parseDuration(text)).toBe(ms);
});
