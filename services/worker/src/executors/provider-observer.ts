import type { Clock } from "@millrace/shared";
import { activeExemplar, type WorkerMetrics } from "@millrace/telemetry";
import type { TokenUsage } from "../providers/provider.ts";

/** Outcomes of calls that alerts read. */
const alertedOutcomes = [
  ...(["answered", "429", "503", "529"] as const),
  ...(["quota_exhausted", "server_error", "unanswered"] as const),
] as const;

/** How a call of a model may end. */
export type CallOutcome =
  | (typeof alertedOutcomes)[number]
  | "refused"
  | "no_answer"
  | "failed"
  | "stopped";

export type ProviderMetrics = Pick<
  WorkerMetrics,
  "providerCallDuration" | "providerFirstToken" | "providerTokensPerSecond" | "providerTokens"
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
    for (const outcome of alertedOutcomes) {
      metrics.providerCallDuration.zero({ ...model, account, outcome });
    }
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
