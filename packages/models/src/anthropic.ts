import Anthropic from "@anthropic-ai/sdk";
import type { Clock, ModelProvider } from "@millrace/shared";
import { AnswerLength } from "./answer-length.ts";
import { AnthropicCompletion, type AnthropicShared } from "./anthropic/completion.ts";
import { notTaken } from "./call-fault.ts";
import { ContextLimit } from "./context-limit.ts";
import type { TraceHttp } from "./heard-fetch.ts";
import type { PatienceLimits } from "./patience.ts";
import { usageOf } from "./usage.ts";

export interface AnthropicProviderOptions extends PatienceLimits {
  readonly account: string;
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  /** Headers that are sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly model: string;
  readonly clock: Clock;
  /** How hard the model works. */
  readonly effort?: string | undefined;
  /** Room for the model's thoughts, in tokens. Default: none. */
  readonly reasoningTokens?: number | undefined;
  /** The model's context in tokens, as far as the operator knows: input and answer together. */
  readonly contextTokens?: number | undefined;
  /** Called when the server has shown how large the model's context is. */
  readonly onContext?: (contextTokens: number) => void;
  readonly traceHttp?: TraceHttp | undefined;
}

/** Calls a model of Anthropic, by its official SDK. It repeats no call that failed. */
export function anthropicProvider(options: AnthropicProviderOptions): ModelProvider {
  const { account, baseUrl, apiKey, model, clock, headers = {}, effort, traceHttp } = options;
  const { onContext = () => undefined, silenceMs, callMs } = options;
  const client = new Anthropic({
    baseURL: baseUrl,
    apiKey: async () => apiKey(),
    // It would come from the environment, and belong to another account.
    authToken: null,
    defaultHeaders: headers,
    // Only the scheduler decides whether and when to retry.
    maxRetries: 0,
    // Longer than our own time-out, which then applies first.
    timeout: silenceMs * 2,
    // It would write to standard output, where log lines are JSON.
    logLevel: "off",
    // The worker has spans of its own, and prompts are not for traces.
    openTelemetry: false,
  });
  const shared: AnthropicShared = {
    ...{ client, model, apiKey, clock, effort, traceHttp, thinks: true },
    patience: { silenceMs, callMs },
    length: new AnswerLength(model, options.reasoningTokens),
    context: new ContextLimit(options.contextTokens, onContext),
  };
  return {
    ...{ name: "anthropic", model, account, url: baseUrl },
    complete(request) {
      const completion = new AnthropicCompletion(shared, request);
      return {
        text: completion.answer(),
        usage: () => usageOf(completion.spent, model),
        finishReason: () => completion.finishReason,
        facts: () => completion.spent.facts,
      };
    },
    embed() {
      throw notTaken(account, "anthropic", "embeddings");
    },
    relay({ call }) {
      throw notTaken(account, "anthropic", call);
    },
  };
}
