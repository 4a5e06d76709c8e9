import { expect, test } from "vitest";
import { isIdle } from "./idle-circuit.ts";

const nowMs = 1_000_000_000;
const HOUR_MS = 3_600_000;
const closed = { state: "CLOSED", running: 0 } as const;
const cooling = { state: "COOLING_DOWN", running: 0 } as const;
const half = { state: "HALF_OPEN", running: 0 } as const;

test.each([
  ["closed, without a failure", closed, true],
  ["closed, with a failure an hour ago", { ...closed, lastFailureMs: nowMs - HOUR_MS }, false],
  ["closed, with an older failure", { ...closed, lastFailureMs: nowMs - HOUR_MS - 1 }, true],
  ["closed, with a request under way", { ...closed, running: 1 }, false],
  ["closed, refused an hour ago", { ...closed, lastRefusal: { atMs: nowMs - HOUR_MS } }, false],
  ["closed, refused before", { ...closed, lastRefusal: { atMs: nowMs - HOUR_MS - 1 } }, true],
  ["closed, cooled down an hour ago", { ...closed, lastCoolDownMs: nowMs - HOUR_MS }, false],
  ["closed, cooled down before", { ...closed, lastCoolDownMs: nowMs - HOUR_MS - 1 }, true],
  ["cooling down", { ...cooling, lastCoolDownMs: nowMs - 1 }, false],
  ["half open, tried a day ago", { ...half, lastCoolDownMs: nowMs - 24 * HOUR_MS }, false],
  ["half open, tried before", { ...half, lastCoolDownMs: nowMs - 24 * HOUR_MS - 1 }, true],
  ["half open, with a probe under way", { ...half, running: 1 }, false],
])("a circuit that is %s is idle: %s", (_, circuit, idle) => {
  expect(isIdle(circuit, nowMs)).toBe(idle);
});
