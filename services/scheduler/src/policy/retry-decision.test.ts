import { defaultBackoff, type Random } from "@millrace/shared";
import { expect, test } from "vitest";
import { decideRetry, type FailedAttempt } from "./retry-decision.ts";

const random: Random = { next: () => 0, bytes: () => new Uint8Array() };

const failed = (change: Partial<FailedAttempt>): FailedAttempt => ({
  attempt: 1,
  maxAttempts: 3,
  backoff: defaultBackoff,
  retryable: true,
  ...change,
});

test("the last attempt but one is followed by another, after its backoff", () => {
  expect(decideRetry(failed({ attempt: 2 }), random)).toEqual({ kind: "retry", delayMs: 4_000 });
});

test("the last attempt is followed by none", () => {
  const spent = { kind: "fail", why: "attemptsSpent" };
  expect(decideRetry(failed({ attempt: 3 }), random)).toEqual(spent);
  expect(decideRetry(failed({ attempt: 4 }), random)).toEqual(spent);
});

test("a failure for good is not retried, however many attempts are left", () => {
  expect(decideRetry(failed({ retryable: false }), random)).toEqual({
    kind: "fail",
    why: "notRetryable",
  });
});

test("a failure for good on the last attempt names the failure, not the attempts", () => {
  expect(decideRetry(failed({ attempt: 3, retryable: false }), random)).toEqual({
    kind: "fail",
    why: "notRetryable",
  });
});

test("a wait that the worker asks for lengthens the backoff and never shortens it", () => {
  const delay = (retryAfterMs: number) => decideRetry(failed({ retryAfterMs }), random);
  expect(delay(1_999)).toEqual({ kind: "retry", delayMs: 2_000 });
  expect(delay(2_001)).toEqual({ kind: "retry", delayMs: 2_001 });
});
