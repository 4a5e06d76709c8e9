import { expect, test } from "vitest";
import { decideDeadline, hasTimeLeft } from "./deadline-decision.ts";

const graceMs = 500;

test("lets an attempt without a deadline run, with no time for another decision", () => {
  expect(decideDeadline({}, 10_000, graceMs)).toEqual({ kind: "run" });
});

test("lets an attempt run until its deadline, and asks it to stop from then on", () => {
  const at = (nowMs: number) => decideDeadline({ deadlineMs: 1_000 }, nowMs, graceMs);
  expect(at(999)).toEqual({ kind: "run", untilMs: 1_000 });
  expect(at(1_000)).toEqual({ kind: "stop", revokeAtMs: 1_500 });
});

test("takes the lease away when the grace is over, and not before", () => {
  const at = (nowMs: number) => decideDeadline({ deadlineMs: 1_000 }, nowMs, graceMs);
  expect(at(1_499)).toEqual({ kind: "stop", revokeAtMs: 1_500 });
  expect(at(1_500)).toEqual({ kind: "revoke" });
});

test("takes the lease away at the deadline if there is no grace", () => {
  expect(decideDeadline({ deadlineMs: 1_000 }, 1_000, 0)).toEqual({ kind: "revoke" });
});

test("refuses a retry that would start at the deadline", () => {
  expect(hasTimeLeft({ deadlineMs: 1_000 }, 999)).toBe(true);
  expect(hasTimeLeft({ deadlineMs: 1_000 }, 1_000)).toBe(false);
  expect(hasTimeLeft({}, Number.MAX_SAFE_INTEGER)).toBe(true);
});
