import { expect, test } from "vitest";
import { memoryPressure } from "./memory-pressure.ts";

const pressure = () => memoryPressure({ shedPercent: 90, resumePercent: 80 });
const at = (usedBytes: number, limitBytes = 1_000) => ({ usedBytes, limitBytes });

test("accepts jobs up to the share, and not a byte beyond", () => {
  const one = pressure();
  one.measured(at(800));
  expect(one.admits(100)).toBe(true);
  expect(one.admits(1)).toBe(false);
});

test("counts accepted jobs until the next measurement", () => {
  const one = pressure();
  one.measured(at(800));
  for (let i = 0; i < 4; i += 1) expect(one.admits(25)).toBe(true);
  expect(one.measured(at(850))).toBe(false);
  expect(one.admits(50)).toBe(true);
  expect(one.admits(1)).toBe(false);
});

test("refuses jobs until the lower share is reached", () => {
  const one = pressure();
  expect(one.measured(at(900))).toBe(false);
  expect(one.measured(at(901))).toBe(true);
  expect(one.measured(at(801))).toBe(true);
  expect(one.admits(0)).toBe(false);
  expect(one.measured(at(800))).toBe(false);
  expect(one.admits(1)).toBe(true);
});

test("refuses one large submission, and all later ones until memory is measured", () => {
  const one = pressure();
  one.measured(at(700));
  expect(one.admits(500)).toBe(false);
  expect(one.admits(1)).toBe(false);
  expect(one.measured(at(700))).toBe(false);
  expect(one.admits(1)).toBe(true);
});

test("refuses nothing without a limit, or before memory was measured", () => {
  const one = pressure();
  expect(one.admits(1e12)).toBe(true);
  expect(one.measured(at(1e12, 0))).toBe(false);
  expect(one.admits(1e12)).toBe(true);
});
