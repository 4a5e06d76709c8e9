import { expect, test } from "vitest";
import type { ChildJob, FanOutOptions } from "./contract.ts";
import { planOf } from "./plan.ts";

const child: ChildJob = {
  ...{ type: "part", payload: { n: 1 }, priority: 7, pool: "gpu", documentIds: ["doc_1"] },
  ...{ estimatedTokens: 9, maxAttempts: 2, labels: { a: "1", b: "2" } },
  ...{ expiresAtMs: 5_000, deadlineMs: 6_000 },
};
const hashOf = (children: readonly ChildJob[], options: FanOutOptions = {}) =>
  Buffer.from(planOf(children, options).sha256).toString("hex");

test("the same children and options have the same hash, whatever their trace and order of labels", () => {
  const other = { ...child, labels: { b: "2", a: "1" } };
  expect(hashOf([other], { rule: "all", traceparent: "t", tracestate: "s" })).toBe(hashOf([child]));
});

test.each<[what: string, children: readonly ChildJob[], options?: FanOutOptions]>([
  ["type", [{ ...child, type: "other" }]],
  ["payload", [{ ...child, payload: { n: 2 } }]],
  ["priority", [{ ...child, priority: 8 }]],
  ["pool", [{ ...child, pool: "cpu" }]],
  ["model", [{ ...child, model: "fast" }]],
  ["documents", [{ ...child, documentIds: ["doc_2"] }]],
  ["estimate", [{ ...child, estimatedTokens: 10 }]],
  ["attempts", [{ ...child, maxAttempts: 3 }]],
  ["labels", [{ ...child, labels: { a: "1" } }]],
  ["latest start", [{ ...child, expiresAtMs: 5_001 }]],
  ["deadline", [{ ...child, deadlineMs: 6_001 }]],
  ["number of children", [child, child]],
  ["rule", [child], { rule: "any" }],
  ["percentage", [child], { rule: 50 }],
  ["maxInFlight", [child], { maxInFlight: 1 }],
  ["keepSiblings", [child], { keepSiblings: true }],
])("another %s gives another hash", (_, children, options) => {
  expect(hashOf(children, options)).not.toBe(hashOf([child]));
});

test("refuses a payload that is too large, and names the child", () => {
  const large = { type: "part", payload: { text: "x".repeat(256 * 1024) } };
  expect(() => planOf([child, large], {})).toThrow("Child 2");
});
