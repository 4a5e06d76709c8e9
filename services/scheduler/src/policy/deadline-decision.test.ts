import { expect, test } from "vitest";
import { decideDeadline, hasTimeLeft } from "./deadline-decision.ts";

const graceMs = 500;

test("an attempt without a deadline runs on, with no time to look again", () => {
  expect(decideDeadline({}, 10_000, graceMs)).toEqual({ kind: "run" });
});

test("an attempt runs until its deadline and is asked to stop from then on", () => {
  const at = (nowMs: number) => decideDeadline({ deadlineMs: 1_000 }, nowMs, graceMs);
  expect(at(999)).toEqual({ kind: "run", untilMs: 1_000 });
  expect(at(1_000)).toEqual({ kind: "stop", revokeAtMs: 1_500 });
});

test("the lease is taken away when the grace is over, and not before", () => {
  const at = (nowMs: number) => decideDeadline({ deadlineMs: 1_000 }, nowMs, graceMs);
  expect(at(1_499)).toEqual({ kind: "stop", revokeAtMs: 1_500 });
  expect(at(1_500)).toEqual({ kind: "revoke" });
});

test("without grace the deadline itself takes the lease away", () => {
  expect(decideDeadline({ deadlineMs: 1_000 }, 1_000, 0)).toEqual({ kind: "revoke" });
});

test("a retry that starts at the deadline is too late", () => {
  expect(hasTimeLeft({ deadlineMs: 1_000 }, 999)).toBe(true);
  expect(hasTimeLeft({ deadlineMs: 1_000 }, 1_000)).toBe(false);
  expect(hasTimeLeft({}, Number.MAX_SAFE_INTEGER)).toBe(true);
});
