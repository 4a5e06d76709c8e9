import type { MessageInitShape } from "@bufbuild/protobuf";
import type { JobRecord } from "@millrace/engine";
import type { Usage, UsageSchema } from "@millrace/proto/job";

type StoredUsage = NonNullable<JobRecord["usage"]>;

/** An attempt's usage, as callers and operators see it. */
export const usageMessage = (usage: StoredUsage): MessageInitShape<typeof UsageSchema> => ({
  inputTokens: BigInt(usage.inputTokens),
  outputTokens: BigInt(usage.outputTokens),
  providerCalls: usage.providerCalls,
  computeMs: BigInt(usage.computeMs ?? 0),
  cachedInputTokens: BigInt(usage.cachedInputTokens ?? 0),
  reasoningTokens: BigInt(usage.reasoningTokens ?? 0),
  model: usage.model ?? "",
  ...(usage.costMicros === undefined ? {} : { costMicros: BigInt(usage.costMicros) }),
  unpricedAttempts: usage.unpricedAttempts ?? 0,
});

/** An attempt's usage that a worker reports, as the engine takes it. */
export const usageOf = (usage: Usage): StoredUsage => ({
  inputTokens: Number(usage.inputTokens),
  outputTokens: Number(usage.outputTokens),
  providerCalls: usage.providerCalls,
  computeMs: Number(usage.computeMs),
  cachedInputTokens: Number(usage.cachedInputTokens),
  reasoningTokens: Number(usage.reasoningTokens),
  model: usage.model,
});
