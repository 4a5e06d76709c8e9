import { expect, onTestFinished, test, vi } from "vitest";
import { steadyClock, systemClock } from "./clock.ts";

test("a steady clock agrees with the system clock, but does not jump when that is set", () => {
  expect(Math.abs(steadyClock.nowMs() - systemClock.nowMs())).toBeLessThan(60_000);
  const before = steadyClock.nowMs();
  const set = vi.spyOn(Date, "now").mockReturnValue(before + 3_600_000);
  onTestFinished(() => set.mockRestore());
  expect(systemClock.nowMs()).toBe(before + 3_600_000);
  expect(steadyClock.nowMs() - before).toBeLessThan(60_000);
  expect(steadyClock.nowMs()).toBeGreaterThanOrEqual(before);
});

// Durations in protobuf messages are whole milliseconds.
test.each([steadyClock, systemClock])("a clock returns whole milliseconds", (clock) => {
  for (let i = 0; i < 100; i += 1) expect(clock.nowMs() % 1).toBe(0);
});
