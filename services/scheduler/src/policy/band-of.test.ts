import { expect, test } from "vitest";
import { bandOf } from "./band-of.ts";

test.each([
  [0, "standard"],
  [1, "interactive"],
  [10, "interactive"],
  [11, "standard"],
  [50, "standard"],
  [51, "batch"],
  [100, "batch"],
] as const)("the priority %i is in the band %s", (priority, band) => {
  expect(bandOf(priority)).toBe(band);
});
