import { timeMs } from "@millrace/runtime";
import { expect, test } from "vitest";
import { jobOfCall } from "./job-options.ts";

const nowMs = 1_800_000_000_000;
const place = { queue: "documents", model: "gpt-5" };

function specOf(body: object = {}, headers: Readonly<Record<string, string>> = {}) {
  const whole = { model: "m", ...body };
  const call = { text: JSON.stringify(whole), sent: whole, body: whole, model: "m", stream: false };
  const get = (name: string) => headers[name];
  return jobOfCall({ type: "chat.completions", call, headers: { get }, place, nowMs });
}

test("a call without options is a job with the defaults", () => {
  expect(specOf()).toMatchObject({
    ...{ ...place, pool: "", type: "chat.completions", labels: {}, documentIds: [] },
    ...{ idempotencyKey: "", estimatedTokens: 0 },
    payload: { case: "payloadJson", value: '{"model":"m"}' },
  });
  expect(specOf().priority).toBeUndefined();
});

test.each([
  [{ service_tier: "priority" }, 10],
  [{ service_tier: "flex" }, 75],
  [{ service_tier: "default" }, undefined],
  [{ service_tier: "constructor" }, undefined],
  [{ background_options: { completion_window: "8h" } }, 75],
  [{ background_options: { completion_window: "soonest" } }, undefined],
  [{ background_options: { completion_window: "constructor" } }, undefined],
  [{ metadata: { millrace_priority: "3" }, service_tier: "flex" }, 3],
])("the priority of %j is %j", (body, priority) => {
  expect(specOf(body).priority).toBe(priority);
});

test("deadlines are times, seconds from now, or windows", () => {
  const deadlineOf = (body: object, text?: string) => {
    const { deadline } = specOf(body, text === undefined ? {} : { "x-millrace-deadline": text });
    return deadline === undefined ? undefined : timeMs(deadline) - nowMs;
  };
  expect(deadlineOf({}, "90")).toBe(90_000);
  expect(deadlineOf({}, new Date(nowMs + 5).toISOString())).toBe(5);
  expect(deadlineOf({ background_options: { completion_window: "2h" } })).toBe(7_200_000);
  expect(deadlineOf({})).toBeUndefined();
});

test("the largest cost is in dollars, with at most 6 decimals", () => {
  const costOf = (text: string) => specOf({}, { "x-millrace-max-cost": text }).maxCostMicros;
  expect(costOf("0.25")).toBe(250_000n);
  expect(costOf("3")).toBe(3_000_000n);
  expect(costOf("0.000001")).toBe(1n);
  expect(specOf({ metadata: { millrace_max_cost: "1.5" } }).maxCostMicros).toBe(1_500_000n);
  expect(specOf({}).maxCostMicros).toBeUndefined();
  for (const text of ["", "-1", "1e3", "0.0000001", "1234567890", "a"]) {
    expect(() => costOf(text)).toThrow("US dollars");
  }
});

test("metadata that a label cannot be, or that there is no room for, is left in the body", () => {
  const pairs = Array.from({ length: 20 }, (_, index) => [`n${index}`, "v"]);
  const metadata = {
    ...{ "two words": "x", long: "x".repeat(256), "openai.background": "true", count: 7 },
    ...Object.fromEntries(pairs),
  };
  const { labels } = specOf({ metadata }, { "x-millrace-labels": "team=a%2Cb" });
  expect(Object.keys(labels)).toHaveLength(16);
  expect(labels).toMatchObject({ team: "a,b", n0: "v", n14: "v" });
});

test("tokens are estimated only for a call that limits its answer", () => {
  expect(specOf({ max_completion_tokens: 100 }).estimatedTokens).toBe(100 + 11);
  expect(specOf({ max_tokens: "many" }).estimatedTokens).toBe(0);
});

test("an idempotency key may come by either header, in quotes or not", () => {
  const keyOf = (headers: Readonly<Record<string, string>>) => specOf({}, headers).idempotencyKey;
  expect(keyOf({ "idempotency-key": '"a"' })).toBe("a");
  expect(keyOf({ "idempotency-key": "a", "x-millrace-idempotency-key": "b" })).toBe("b");
});
