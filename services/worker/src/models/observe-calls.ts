import {
  activeExemplar,
  attributeNames,
  describeSpan,
  genAiOperations,
  inSpan,
  modelCallName,
  serverAttributes,
  type WorkerMetrics,
} from "@millrace/telemetry";
import type {
  BegunModelCall,
  EndedModelCall,
  ModelCallObserver,
  ModelCallOutcome,
} from "@millrace/worker-sdk";

/** Outcomes of calls that alerts read. */
const alertedOutcomes: readonly ModelCallOutcome[] = [
  ...(["answered", "429", "503", "529"] as const),
  ...(["quota_exhausted", "server_error", "unanswered"] as const),
];

export type ProviderMetrics = Pick<
  WorkerMetrics,
  "providerCallDuration" | "providerFirstToken" | "providerTokensPerSecond" | "providerTokens"
>;

/** A model of an account, in the labels of metrics. */
export interface CountedModel {
  readonly provider: string;
  readonly model: string;
  readonly account: string;
}

const factAttributes = ({ facts, finishReason }: EndedModelCall) => ({
  ...(finishReason === undefined ? {} : { [attributeNames.finishReasons]: [finishReason] }),
  ...(facts.model === undefined ? {} : { [attributeNames.responseModel]: facts.model }),
  ...(facts.id === undefined ? {} : { [attributeNames.responseId]: facts.id }),
  ...(facts.firstChunkMs === undefined
    ? {}
    : { [attributeNames.firstChunk]: facts.firstChunkMs / 1_000 }),
  ...(facts.cachedTokens === undefined
    ? {}
    : { [attributeNames.cachedTokens]: facts.cachedTokens }),
  ...(facts.reasoningTokens === undefined
    ? {}
    : { [attributeNames.reasoningTokens]: facts.reasoningTokens }),
});

/**
 * Measures calls of models, each in a span. The calls of `known` models are counted from 0, those of others from their first
 * call: an increase is seen only of a counter that exists.
 */
export function observeCalls(
  metrics: ProviderMetrics,
  known: readonly CountedModel[],
): (call: BegunModelCall) => ModelCallObserver {
  const counted = new Set<string>();
  const countFromZero = (labels: CountedModel) => {
    const name = JSON.stringify([labels.provider, labels.model, labels.account]);
    if (counted.has(name)) return;
    counted.add(name);
    for (const outcome of alertedOutcomes)
      metrics.providerCallDuration.zero({ ...labels, outcome });
  };
  for (const labels of known) countFromZero(labels);
  return (call) => {
    const { provider, model, account, url, operation, maxTokens, signal } = call;
    const labels = { provider, model, account };
    countFromZero(labels);
    const attributes = {
      [attributeNames.operation]: genAiOperations[operation],
      [attributeNames.provider]: provider,
      [attributeNames.model]: model,
      [attributeNames.stream]: operation !== "embeddings",
      ...(url === undefined ? {} : serverAttributes(url)),
      ...(maxTokens === undefined ? {} : { [attributeNames.maxTokens]: maxTokens }),
    };
    const name = modelCallName(model, genAiOperations[operation]);
    return {
      run: (make) => inSpan(name, { kind: "client", attributes, signal }, make),
      ended(end) {
        measure(metrics, labels, end);
        describeSpan({
          [attributeNames.providerOutcome]: end.outcome,
          [attributeNames.inputTokens]: end.usage.inputTokens,
          [attributeNames.outputTokens]: end.usage.outputTokens,
          ...factAttributes(end),
        });
      },
    };
  };
}

function measure(
  metrics: ProviderMetrics,
  labels: Readonly<Record<keyof CountedModel, string>>,
  { outcome, durationMs, firstPieceMs, usage: { inputTokens, outputTokens } }: EndedModelCall,
): void {
  metrics.providerCallDuration.observe({
    labels: { ...labels, outcome },
    value: durationMs / 1_000,
    exemplarLabels: activeExemplar(),
  });
  metrics.providerTokens.inc({ ...labels, direction: "input" }, inputTokens);
  metrics.providerTokens.inc({ ...labels, direction: "output" }, outputTokens);
  if (firstPieceMs === undefined) return;
  metrics.providerFirstToken.observe({
    labels,
    value: firstPieceMs / 1_000,
    exemplarLabels: activeExemplar(),
  });
  // An answer that came in one piece has no speed.
  if (outcome !== "answered" || durationMs <= firstPieceMs) return;
  const value = (outputTokens * 1_000) / (durationMs - firstPieceMs);
  metrics.providerTokensPerSecond.observe({ labels, value });
}
