import { expect, test } from "vitest";
import type { Usage } from "./contract.ts";
import { parseHistory } from "./job-history.ts";
import { parseUsage, usageText } from "./stored-usage.ts";

const least: Usage = { inputTokens: 3, outputTokens: 4, providerCalls: 1 };
const measured: Usage = { ...least, computeMs: 50 };
/** What a settlement may say: the engine itself adds what an attempt cost. */
const most: Required<Omit<Usage, "costMicros" | "unpricedAttempts">> = {
  ...{ ...least, computeMs: 50, cachedInputTokens: 2, reasoningTokens: 1, model: "gpt-5-mini" },
};

test.each([least, measured, most, { ...least, inputTokens: 0 }])(
  "%j is read as it was stored",
  (usage) => {
    expect(parseUsage(usageText(usage))).toEqual(usage);
  },
);

test("what an attempt cost is read, and not taken from a settlement", () => {
  const charged = { ...measured, costMicros: 0, unpricedAttempts: 2 };
  expect(parseUsage('{"i":3,"o":4,"c":1,"m":50,"k":0,"n":2}')).toEqual(charged);
  expect(usageText(charged)).toBe(usageText(measured));
});

test("no usage is stored as empty text, and empty text is read as no usage", () => {
  expect(usageText(undefined)).toBe("");
  expect(parseUsage("")).toBeUndefined();
});

test("a model's name that is too long or no valid text is stored as valid text of 128 characters", () => {
  const stored = parseUsage(usageText({ ...least, model: `\ud83d${"x".repeat(200)}` }));
  expect(stored?.model).toBe(`\ufffd${"x".repeat(127)}`);
});

test("a fraction of a millisecond counts as a whole one", () => {
  expect(parseUsage(usageText({ ...least, computeMs: 0.2 }))?.computeMs).toBe(1);
});

test.each([
  ["3,4,1", least],
  ["3,4,1,50", measured],
])("the usage %j of an earlier version is read", (stored, usage) => {
  expect(parseUsage(stored)).toEqual(usage);
});

test.each(["x", "3,4", "{", "null", "7", undefined, null])("%j is no usage", (stored) => {
  expect(parseUsage(stored)).toBeUndefined();
});

test.each([
  ["", undefined],
  ["3,4,1", least],
  [{ i: 3, o: 4, c: 1 }, least],
])("the usage %j of an attempt in a history is read", (u, usage) => {
  const failure = { reason: "NO", message: "no", retryable: true };
  const [attempt] = parseHistory(JSON.stringify({ a: 1, e: 2, f: failure, u }));
  expect(attempt?.usage).toEqual(usage);
});
