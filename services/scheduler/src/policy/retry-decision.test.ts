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

test("retries the last attempt but one, after its backoff", () => {
  expect(decideRetry(failed({ attempt: 2 }), random)).toEqual({ kind: "retry", delayMs: 4_000 });
});

test("does not retry the last attempt", () => {
  const spent = { kind: "fail", why: "attemptsSpent" };
  expect(decideRetry(failed({ attempt: 3 }), random)).toEqual(spent);
  expect(decideRetry(failed({ attempt: 4 }), random)).toEqual(spent);
});

test("does not retry a failure for good, however many attempts are left", () => {
  expect(decideRetry(failed({ retryable: false }), random)).toEqual({
    kind: "fail",
    why: "notRetryable",
  });
});

test("names the failure, and not the attempts, for a failure for good on the last attempt", () => {
  expect(decideRetry(failed({ attempt: 3, retryable: false }), random)).toEqual({
    kind: "fail",
    why: "notRetryable",
  });
});

test("lets the worker's wait lengthen the backoff, and never shorten it", () => {
  const delay = (retryAfterMs: number) => decideRetry(failed({ retryAfterMs }), random);
  expect(delay(1_999)).toEqual({ kind: "retry", delayMs: 2_000 });
  expect(delay(2_001)).toEqual({ kind: "retry", delayMs: 2_001 });
});
