import { systemClock } from "@millrace/shared";
import type { ThreadPool } from "../threads/thread-pool.ts";
import { extractiveProvider } from "./extractive.ts";
import type { Lesson, Quirk } from "./openai/quirks.ts";
import { openAiProvider } from "./openai.ts";
import type { Provider } from "./provider.ts";

export interface ProviderConfig {
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

export interface ProviderParts {
  readonly threads: ThreadPool;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  readonly onLesson: (lesson: Lesson) => void;
  readonly onContext: (contextTokens: number) => void;
}

/** Makes the provider that the worker's settings name. */
export const configuredProvider = (
  config: ProviderConfig,
  { threads, ...parts }: ProviderParts,
): Provider =>
  config.provider === "extractive"
    ? extractiveProvider(threads)
    : openAiProvider({
        ...{ baseUrl: config.openAiUrl, model: config.model, ...parts },
        ...{ silenceMs: config.providerSilenceMs, callMs: config.providerCallMs },
        ...{ quirks: config.quirks, effort: config.reasoningEffort },
        ...{ reasoningTokens: config.reasoningTokens, contextTokens: config.contextTokens },
        // Some providers name a point in time until which to wait, so this needs the system's clock.
        clock: systemClock,
      });
