import type { ModelProvider } from "@millrace/shared";
import { AnswerLength } from "./answer-length.ts";
import { ContextLimit } from "./context-limit.ts";
import { isAzure, openAiClient } from "./openai/client.ts";
import { OpenAiCompletion } from "./openai/completion.ts";
import { openAiEmbeddings } from "./openai/embeddings.ts";
import { Dialect } from "./openai/quirks.ts";
import { OpenAiRelay } from "./openai/relay.ts";
import type { OpenAiProviderOptions, Shared } from "./openai/shared.ts";
import { usageOf } from "./usage.ts";

export type { OpenAiProviderOptions } from "./openai/shared.ts";

/** Where a base URL has the model in it, as Azure's addresses of deployments do. */
const MODEL_PLACE = /\{model\}|%7Bmodel%7D/gi;

/**
 * Calls a model of any server that speaks OpenAI's protocol. It repeats no call that failed, but it writes a request again that
 * the server does not understand.
 */
export function openAiProvider(options: OpenAiProviderOptions): ModelProvider {
  const { model, apiKey, account = "", headers, quirks = [], environment = "ignored" } = options;
  const baseUrl = options.baseUrl.replace(MODEL_PLACE, encodeURIComponent(model));
  const dialect = new Dialect([
    ...quirks,
    ...(isAzure(baseUrl) ? (["api-key-header"] as const) : []),
  ]);
  const { onContext = () => undefined, traceHttp } = options;
  const shared: Shared = {
    ...{ options, dialect },
    // Longer than our own time-out, which then applies first.
    client: openAiClient(
      { baseUrl, apiKey, headers, timeoutMs: options.silenceMs * 2, traceHttp, environment },
      dialect,
    ),
    length: new AnswerLength(model, options.reasoningTokens),
    context: new ContextLimit(options.contextTokens, onContext),
  };
  return {
    ...{ name: "openai", model, account, url: baseUrl },
    complete(request) {
      const completion = new OpenAiCompletion(shared, request);
      const { tally } = completion;
      return {
        text: completion.answer(),
        usage: () => usageOf(tally, model),
        finishReason: () => tally.finishReason,
        facts: () => tally.facts,
      };
    },
    embed: (request) => openAiEmbeddings(shared, request),
    relay: (request) => new OpenAiRelay(shared, request),
  };
}
