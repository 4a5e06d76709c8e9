import type { Clock } from "@millrace/shared";
import { faultOf, noAnswer } from "./openai/call-fault.ts";
import { AZURE_PARAMETER, type Open, openAiClient } from "./openai/client.ts";
import { judge } from "./openai/ending.ts";
import { Fallbacks } from "./openai/fallbacks.ts";
import { Patience, type PatienceLimits } from "./openai/patience.ts";
import { Dialect, type Lesson, type Quirk } from "./openai/quirks.ts";
import { readAnswer, type Tally } from "./openai/read-answer.ts";
import { requestBody } from "./openai/request-body.ts";
import { type CompletionRequest, type Provider, ProviderFault } from "./provider.ts";

export interface OpenAiProviderOptions extends PatienceLimits {
  /** Its query parameters are sent with every call. */
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  readonly model: string;
  readonly clock: Clock;
  /** How the server differs from OpenAI's, as far as the operator knows. */
  readonly quirks?: readonly Quirk[];
  /** The value of `reasoning_effort`. */
  readonly effort?: string | undefined;
  /** Called when an answer of the server has shown a quirk, or that the server does not have it. */
  readonly onLesson?: (lesson: Lesson) => void;
}

/** One completion. It makes another call only if the server does not understand the request. */
class OpenAiCompletion {
  readonly tally: Tally = {
    ...{ inputTokens: 0, outputTokens: 0, providerCalls: 0, finishReason: "stop" },
  };
  readonly #options: OpenAiProviderOptions;
  readonly #dialect: Dialect;
  readonly #open: Open;
  readonly #request: CompletionRequest;
  /** Whether the provider has begun its answer. */
  #begun = false;

  constructor(
    options: OpenAiProviderOptions,
    dialect: Dialect,
    open: Open,
    request: CompletionRequest,
  ) {
    this.#options = options;
    this.#dialect = dialect;
    this.#open = open;
    this.#request = request;
  }

  async *answer(): AsyncGenerator<string, void> {
    const { signal } = this.#request;
    const { clock, apiKey } = this.#options;
    signal.throwIfAborted();
    const patience = new Patience(clock, this.#options);
    try {
      yield* this.#say(patience);
    } catch (error) {
      signal.throwIfAborted();
      patience.signal.throwIfAborted();
      throw faultOf(error, { nowMs: clock.nowMs(), apiKey: apiKey(), begun: this.#begun });
    } finally {
      patience.over();
    }
  }

  async *#say(patience: Patience): AsyncGenerator<string, void> {
    const { messages, maxTokens, signal } = this.#request;
    const either = AbortSignal.any([signal, patience.signal]);
    const chunks = await this.#send(patience, either);
    const thoughtFirst = this.#dialect.has("thought-first");
    const ending = yield* readAnswer(chunks, { messages, tally: this.tally, thoughtFirst });
    // When the signal aborts, the SDK ends its stream without an error.
    either.throwIfAborted();
    const endless = this.#dialect.has("no-finish-reason") && ending.said;
    const verdict = judge(endless ? { ...ending, finish: ending.finish ?? "stop" } : ending);
    if (verdict instanceof ProviderFault) throw verdict;
    if (!ending.said) {
      const message = `The model used up ${maxTokens} tokens before it wrote any text: raise maxTokens.`;
      throw noAnswer("ANSWER_ONLY_THOUGHT", message);
    }
    this.tally.finishReason = verdict;
  }

  /** Sends the request, again and differently if the server does not understand it. */
  async #send(patience: Patience, signal: AbortSignal) {
    const { model, effort, onLesson = () => undefined } = this.#options;
    const { messages, maxTokens: limitTokens } = this.#request;
    const fallbacks = new Fallbacks(this.#dialect, onLesson);
    for (;;) {
      const body = requestBody(this.#dialect, { model, messages, limitTokens, effort });
      this.tally.providerCalls += 1;
      try {
        const chunks = await this.#open(body, { signal, heard: () => patience.heard() });
        this.#begun = true;
        fallbacks.taken();
        return chunks;
      } catch (error) {
        signal.throwIfAborted();
        if (!fallbacks.learnFrom(error, body)) throw error;
      }
    }
  }
}

/**
 * Streams chat completions from any server that speaks OpenAI's protocol. It repeats no call that failed, but it writes a
 * request again that the server does not understand.
 */
export function openAiProvider(options: OpenAiProviderOptions): Provider {
  const { baseUrl, apiKey, quirks = [] } = options;
  const isAzure = new URL(baseUrl).searchParams.has(AZURE_PARAMETER);
  const dialect = new Dialect([...quirks, ...(isAzure ? (["api-key-header"] as const) : [])]);
  // Longer than our own time-out, which then applies first.
  const open = openAiClient({ baseUrl, apiKey, timeoutMs: options.silenceMs * 2 }, dialect);
  return {
    name: "openai",
    model: options.model,
    complete(request) {
      const completion = new OpenAiCompletion(options, dialect, open, request);
      const { tally } = completion;
      return {
        text: completion.answer(),
        usage: () => {
          const { inputTokens, outputTokens, providerCalls } = tally;
          return { inputTokens, outputTokens, providerCalls };
        },
        finishReason: () => tally.finishReason,
      };
    },
  };
}
