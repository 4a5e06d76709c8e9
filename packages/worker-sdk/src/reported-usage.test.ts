import { create } from "@bufbuild/protobuf";
import { UsageSchema } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { addUsage } from "./reported-usage.ts";

test("usage adds up", () => {
  const usage = create(UsageSchema);
  addUsage(usage, { inputTokens: 3, outputTokens: 4.4, providerCalls: 1 });
  addUsage(usage, { inputTokens: 5, providerCalls: 1 });
  expect(usage).toMatchObject({ inputTokens: 8n, outputTokens: 4n, providerCalls: 2 });
});

test.each([-1, Number.NaN, Number.NEGATIVE_INFINITY])("a count of %d is ignored", (tokens) => {
  const usage = create(UsageSchema);
  addUsage(usage, { inputTokens: 3, outputTokens: 4, providerCalls: 1, computeMs: 5 });
  addUsage(usage, { inputTokens: tokens, outputTokens: tokens, providerCalls: tokens });
  addUsage(usage, { computeMs: tokens });
  expect(usage).toMatchObject({ inputTokens: 3n, outputTokens: 4n, providerCalls: 1 });
  expect(usage.computeMs).toBe(5n);
});

test.each([1_000_000_000, 1_000_000_001, Number.POSITIVE_INFINITY])(
  "a count of %d is reported as the contract's maximum",
  (tokens) => {
    const usage = create(UsageSchema);
    addUsage(usage, { inputTokens: tokens, outputTokens: tokens, providerCalls: tokens });
    addUsage(usage, { inputTokens: 1, providerCalls: 1, computeMs: tokens });
    expect(usage).toMatchObject({
      ...{ inputTokens: 1_000_000_000n, outputTokens: 1_000_000_000n },
      ...{ providerCalls: 1_000_000, computeMs: 1_000_000_000n },
    });
  },
);
