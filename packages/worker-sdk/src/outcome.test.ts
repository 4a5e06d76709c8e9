import { toBinary } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { FailedSchema } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { JobFailure } from "./index.ts";
import { failed, outcomeBytes, thrown } from "./outcome.ts";

test.each([
  [Number.NaN, undefined],
  [-5, 0],
  [Number.NEGATIVE_INFINITY, 0],
  [0, 0],
  [1.5, 2],
  [86_400_000, 86_400_000],
  [86_400_001, 86_400_000],
  // The delay until a date in the year 9999.
  [251_643_000_000_000, 86_400_000],
  [Number.POSITIVE_INFINITY, 86_400_000],
])("a retry delay of %d ms is reported as %s", (retryAfterMs, reported) => {
  const outcome = failed(new JobFailure("PROVIDER_ERROR", "429", true, { retryAfterMs }));
  if (outcome.case !== "failed") throw new Error("the outcome is not a failure");
  const { retryAfter } = outcome.value;
  expect(retryAfter && durationMs(retryAfter)).toBe(reported);
  expect(toBinary(FailedSchema, outcome.value).length).toBeGreaterThan(0);
});

const cyclic: { self?: object } = {};
cyclic.self = cyclic;

test.each([
  ["an object", { status: 500, answer: 'a "b"' }, '{"status":500,"answer":"a \\"b\\""}'],
  ["2 KiB", { a: "x".repeat(2_040) }, `{"a":"${"x".repeat(2_040)}"}`],
  ["more than 2 KiB", { a: "x".repeat(2_041) }, ""],
  ["what JSON cannot represent", cyclic, ""],
  ["half of a surrogate pair", { a: "\ud83d" }, '{"a":"\ufffd"}'],
  ["nothing", undefined, ""],
])("details of a failure: %s", (_, details, reported) => {
  const options = details === undefined ? {} : { details };
  const outcome = failed(new JobFailure("BROKEN", "it broke", true, options));
  expect(outcome.value).toMatchObject({ failure: { reason: "BROKEN", detailsJson: reported } });
});

const refusal = (parts: object) => ({
  provider: { account: "openai/gpt-5", httpStatus: 429, quotaExhausted: false, ...parts },
});

test.each([0, 599])("a provider's status %d is reported", (httpStatus) => {
  const outcome = thrown(new JobFailure("PROVIDER_ERROR", "late", true, refusal({ httpStatus })));
  expect(outcome.value).toMatchObject({ provider: { httpStatus } });
});

test("an account and headers are cut to the contract's limits", () => {
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-ratelimit-${i}`, "1"]));
  const parts = { account: "a".repeat(64), rateLimitHeaders: headers(33) };
  const outcome = thrown(new JobFailure("PROVIDER_ERROR", "late", true, refusal(parts)));
  expect(outcome.value).toMatchObject({
    provider: { account: "a".repeat(63), rateLimitHeaders: headers(32) },
  });
});

test.each<[string, reason: unknown, options: object]>([
  ["a status above 599", "PROVIDER_ERROR", refusal({ httpStatus: 600 })],
  ["a negative status", "PROVIDER_ERROR", refusal({ httpStatus: -1 })],
  ["a status that is no whole number", "PROVIDER_ERROR", refusal({ httpStatus: 429.5 })],
  ["a status that is text", "PROVIDER_ERROR", refusal({ httpStatus: "429" })],
  ["a header that is no text", "PROVIDER_ERROR", refusal({ rateLimitHeaders: { remaining: 5 } })],
  ["an account that is no text", "PROVIDER_ERROR", refusal({ account: 5 })],
  ["a reason that is no text", 5, {}],
])("a failure with %s fails its attempt, and says why", (_, reason, options) => {
  for (const retryable of [true, false]) {
    const outcome = thrown(new JobFailure(reason as string, "late", retryable, options));
    if (outcome.case !== "failed") throw new Error("the outcome is not a failure");
    expect(outcome.value.failure).toMatchObject({ reason: "EXECUTOR_FAILED", retryable });
    expect(outcome.value.failure?.message).toContain("JobFailure (late) cannot be reported: ");
    expect(toBinary(FailedSchema, outcome.value).length).toBeGreaterThan(0);
    expect(outcomeBytes(outcome)).toBeGreaterThan(0);
  }
});
