import { expect, test } from "vitest";
import { decideRefusal, durationMs } from "./provider-refusal.ts";

const answer = { httpStatus: 429, quotaExhausted: false, rateLimitHeaders: {} };

test.each([429, 503, 529])("HTTP %i pauses the account", (httpStatus) => {
  expect(decideRefusal({ ...answer, httpStatus })).toEqual({
    kind: "pause",
    coolMs: undefined,
    exhausted: false,
  });
});

test.each([0, 400, 404, 428, 430, 500, 502, 504])(
  "HTTP %i is a failure like others",
  (httpStatus) => {
    expect(decideRefusal({ ...answer, httpStatus })).toEqual({ kind: "none" });
  },
);

test("a used-up quota opens the circuit, whatever the status", () => {
  const decision = decideRefusal({ ...answer, httpStatus: 402, quotaExhausted: true });
  expect(decision).toMatchObject({ kind: "pause", exhausted: true });
});

test("Retry-After comes before what the rate limit headers hint at", () => {
  const rateLimitHeaders = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1m",
  };
  const coolMs = (retryAfterMs?: number) => {
    const decision = decideRefusal({
      ...answer,
      rateLimitHeaders,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    return decision.kind === "pause" ? decision.coolMs : "none";
  };
  expect(coolMs(7)).toBe(7);
  expect(coolMs()).toBe(60_000);
});

test("only limits that are used up say how long to wait, and the longest of them counts", () => {
  const reset = (remaining: readonly [string, string]) =>
    decideRefusal({
      ...answer,
      rateLimitHeaders: {
        "x-ratelimit-remaining-requests": remaining[0],
        "x-ratelimit-reset-requests": "2s",
        "x-ratelimit-remaining-tokens": remaining[1],
        "x-ratelimit-reset-tokens": "6m0s",
      },
    });
  expect(reset(["0", "12"])).toMatchObject({ coolMs: 2_000 });
  expect(reset(["0", "0"])).toMatchObject({ coolMs: 360_000 });
  expect(reset(["3", "12"])).toMatchObject({ coolMs: undefined });
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
