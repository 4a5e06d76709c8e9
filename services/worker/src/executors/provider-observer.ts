import type { Clock } from "@millrace/shared";
import { activeExemplar, type WorkerMetrics } from "@millrace/telemetry";
import type { TokenUsage } from "../providers/provider.ts";

/** How a call of a model may end. */
const callOutcomes = [
  ...(["answered", "429", "503", "529", "quota_exhausted", "refused"] as const),
  ...(["server_error", "unanswered", "no_answer", "failed", "stopped"] as const),
] as const;

export type CallOutcome = (typeof callOutcomes)[number];

export type ProviderMetrics = Pick<
  WorkerMetrics,
  | "providerCalls"
  | "providerCallDuration"
  | "providerFirstToken"
  | "providerTokensPerSecond"
  | "providerTokens"
>;

export interface ObservedCall {
  /** A piece of the answer has arrived. */
  piece(): void;
  ended(outcome: CallOutcome, usage: TokenUsage): void;
}

/**
 * Measures the calls of a model. The returned function begins a call of an account, which is the pool of the job. The calls
 * of `accounts`, and of jobs without a pool, are counted from 0: an increase is seen only of a counter that exists.
 */
export function providerObserver(
  metrics: ProviderMetrics,
  model: { readonly provider: string; readonly model: string },
  clock: Clock,
  accounts: readonly string[],
): (account: string) => ObservedCall {
  for (const account of new Set(["", ...accounts])) {
    for (const outcome of callOutcomes)
      metrics.providerCalls.inc({ ...model, account, outcome }, 0);
  }
  return (account) => {
    const labels = { ...model, account };
    const startMs = clock.nowMs();
    let firstMs: number | undefined;
    return {
      piece() {
        if (firstMs !== undefined) return;
        firstMs = clock.nowMs();
        const value = (firstMs - startMs) / 1_000;
        metrics.providerFirstToken.observe({ labels, value, exemplarLabels: activeExemplar() });
      },
      ended(outcome, { inputTokens, outputTokens }) {
        const endMs = clock.nowMs();
        metrics.providerCalls.inc({ ...labels, outcome });
        metrics.providerCallDuration.observe({
          labels: { ...labels, outcome },
          value: (endMs - startMs) / 1_000,
          exemplarLabels: activeExemplar(),
        });
        metrics.providerTokens.inc({ ...labels, direction: "input" }, inputTokens);
        metrics.providerTokens.inc({ ...labels, direction: "output" }, outputTokens);
        // An answer that came in one piece has no speed.
        if (outcome !== "answered" || firstMs === undefined || endMs <= firstMs) return;
        const value = (outputTokens * 1_000) / (endMs - firstMs);
        metrics.providerTokensPerSecond.observe({ labels, value });
      },
    };
  };
}
