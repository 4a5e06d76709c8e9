import { expect, test } from "vitest";
import { decideReport, durationMs } from "./provider-report.ts";

const answer = { httpStatus: 429, quotaExhausted: false, rateLimitHeaders: {} };

test.each([429, 503, 529])("takes HTTP %i as a refusal for load", (httpStatus) => {
  expect(decideReport({ ...answer, httpStatus })).toEqual({ kind: "refused", askedMs: 0 });
});

test.each([0, 401, 402, 403, 408, 500, 501, 502, 504, 524, 599])(
  "HTTP %i is a failure of the provider, or of the account",
  (status) => {
    expect(decideReport({ ...answer, httpStatus: status })).toEqual({ kind: "failed", askedMs: 0 });
  },
);

test.each([200, 400, 404, 407, 409, 422, 428, 430, 499])("takes HTTP %i as an answer", (status) => {
  expect(decideReport({ ...answer, httpStatus: status })).toEqual({
    kind: "answered",
    askedMs: 0,
  });
});

test("reports a used-up quota, whatever the status", () => {
  const decision = decideReport({ ...answer, httpStatus: 402, quotaExhausted: true });
  expect(decision).toEqual({ kind: "exhausted", askedMs: 0 });
});

test("takes the wait that a failed provider asks for", () => {
  const asked = { ...answer, httpStatus: 502, retryAfterMs: 5_000 };
  expect(decideReport(asked)).toEqual({ kind: "failed", askedMs: 5_000 });
});

test("prefers Retry-After to the rate limit headers", () => {
  const rateLimitHeaders = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1m",
  };
  const askedMs = (retryAfterMs?: number) => {
    return decideReport({
      ...answer,
      rateLimitHeaders,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }).askedMs;
  };
  expect(askedMs(7)).toBe(7);
  expect(askedMs()).toBe(60_000);
});

test("waits for the limits that are used up only, and for the longest of them", () => {
  const reset = (remaining: readonly [string, string]) =>
    decideReport({
      ...answer,
      rateLimitHeaders: {
        "x-ratelimit-remaining-requests": remaining[0],
        "x-ratelimit-reset-requests": "2s",
        "x-ratelimit-remaining-tokens": remaining[1],
        "x-ratelimit-reset-tokens": "6m0s",
      },
    });
  expect(reset(["0", "12"])).toMatchObject({ askedMs: 2_000 });
  expect(reset(["0", "0"])).toMatchObject({ askedMs: 360_000 });
  expect(reset(["3", "12"])).toMatchObject({ askedMs: 0 });
});

test.each([
  ["20ms", 20],
  ["1.5s", 1_500],
  ["1h2m3.5s", 3_723_500],
  ["30", 30_000],
  ["", undefined],
  ["soon", undefined],
  ["-1s", undefined],
  ["1s!", undefined],
])("reads the duration %j as %s ms", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
