import { expect, test } from "vitest";
import type { EndedLine } from "./ended-lines.ts";
import { Sums } from "./sums.ts";

const line: EndedLine = { customId: "a", jobId: "documents~aaaa~1", resultJson: "{}" };
const expired = { kind: "expired", code: "batch_expired", message: "" } as const;
const error = { ...expired, status: 500, type: "server_error", param: null };

const sumOf = (...lines: readonly Partial<EndedLine>[]) => {
  const sums = new Sums();
  for (const one of lines) sums.add({ ...line, ...one });
  return sums.cost;
};

test("the cost is the sum over all lines, also of those that failed", () => {
  const failed = { customId: "b", jobId: "b", error, cost: { micros: 41, unpricedAttempts: 2 } };
  const sums = new Sums();
  sums.add({ ...line, cost: { micros: 59, unpricedAttempts: 0 } });
  sums.add(failed);
  expect(sums.cost).toEqual({ cost_micros: 100, unpriced_attempts: 2, uncounted_lines: 0 });
});

test("lines without a job cost nothing, and those whose job is gone are told", () => {
  const none = { unpricedAttempts: 0 };
  const { resultJson: _, ...withoutResult } = { ...line, error, jobId: undefined };
  const sums = new Sums();
  sums.add(withoutResult);
  sums.add(line);
  sums.add({ ...line, cost: none });
  expect(sums.cost).toEqual({ unpriced_attempts: 0, uncounted_lines: 1 });
});

test("a price of 0 is a price, and no sum is beyond what numbers hold", () => {
  const free = { micros: 0, unpricedAttempts: 0 };
  expect(sumOf({ cost: free })).toMatchObject({ cost_micros: 0 });
  const most = { micros: Number.MAX_SAFE_INTEGER, unpricedAttempts: 0 };
  expect(sumOf({ cost: most }, { cost: most })).toMatchObject({ cost_micros: 2 ** 53 - 1 });
});
