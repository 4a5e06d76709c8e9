import {
  extractiveProvider,
  type Lesson,
  openAiProvider,
  type Quirk,
  type Quote,
} from "@millrace/models";
import { type ModelProvider, type ModelSource, systemClock } from "@millrace/shared";
import { traceHttpCall } from "@millrace/telemetry";

export interface EnvironmentAccount {
  readonly provider: "extractive" | "openai";
  readonly openAiUrl: string;
  readonly model: string;
  readonly providerSilenceMs: number;
  readonly providerCallMs: number;
  readonly quirks: readonly Quirk[];
  readonly reasoningEffort: string | undefined;
  readonly reasoningTokens: number | undefined;
  readonly contextTokens: number | undefined;
}

export interface EnvironmentParts {
  readonly quote: Quote;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  readonly onLesson: (lesson: Lesson) => void;
  readonly onContext: (contextTokens: number) => void;
}

/** The one account that the worker's settings name. It has no name of its own, and serves jobs of all pools of the worker. */
export function environmentModels(
  config: EnvironmentAccount,
  { quote, ...parts }: EnvironmentParts,
): ModelSource {
  // The models of the routes that lead to this worker, and its own.
  const providers = new Map<string, ModelProvider>();
  const open = (model: string): ModelProvider =>
    config.provider === "extractive"
      ? extractiveProvider(quote, { clock: systemClock })
      : openAiProvider({
          ...{ baseUrl: config.openAiUrl, model, environment: "read", traceHttp: traceHttpCall },
          ...{ silenceMs: config.providerSilenceMs, callMs: config.providerCallMs },
          ...{ quirks: config.quirks, effort: config.reasoningEffort },
          ...{ reasoningTokens: config.reasoningTokens, contextTokens: config.contextTokens },
          // Some providers name a point in time until which to wait, so this needs the system's clock.
          ...{ ...parts, clock: systemClock },
        });
  return {
    provider({ model: routed }) {
      const model = routed || config.model;
      const provider = providers.get(model) ?? open(model);
      providers.set(model, provider);
      return provider;
    },
  };
}
