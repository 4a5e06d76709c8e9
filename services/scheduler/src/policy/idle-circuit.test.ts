import { expect, test } from "vitest";
import { isIdle } from "./idle-circuit.ts";

const nowMs = 1_000_000_000;
const HOUR_MS = 3_600_000;
const closed = { state: "CLOSED", running: 0 } as const;
const cooling = { state: "COOLING_DOWN", running: 0 } as const;

test.each([
  ["closed, without a failure", closed, true],
  ["closed, with a failure an hour ago", { ...closed, lastFailureMs: nowMs - HOUR_MS }, false],
  ["closed, with an older failure", { ...closed, lastFailureMs: nowMs - HOUR_MS - 1 }, true],
  ["closed, with a request under way", { ...closed, running: 1 }, false],
  ["cooling down", { ...cooling, coolUntilMs: nowMs + 1 }, false],
  ["due for a probe since a day", { ...cooling, coolUntilMs: nowMs - 24 * HOUR_MS }, false],
  ["due for a probe for longer", { ...cooling, coolUntilMs: nowMs - 24 * HOUR_MS - 1 }, true],
  [
    "half open, since a moment",
    { state: "HALF_OPEN", running: 0, coolDownSinceMs: nowMs } as const,
    false,
  ],
])("a circuit that is %s is idle: %s", (_, circuit, idle) => {
  expect(isIdle(circuit, nowMs)).toBe(idle);
});
