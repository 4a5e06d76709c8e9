import type { Clock } from "@millrace/shared";
import { APIError } from "openai";
import { AnswerLength, type LengthLimit } from "./openai/answer-length.ts";
import { faultOf, noAnswer } from "./openai/call-fault.ts";
import { AZURE_PARAMETER, type Open, openAiClient } from "./openai/client.ts";
import { ContextLimit } from "./openai/context-limit.ts";
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
  /** Room for the model's thoughts, in tokens. Default: 4,096 for a model that thinks. */
  readonly reasoningTokens?: number | undefined;
  /** The model's context in tokens, as far as the operator knows: input and answer together. */
  readonly contextTokens?: number | undefined;
  /** Called when an answer of the server has shown a quirk, or that the server does not have it. */
  readonly onLesson?: (lesson: Lesson) => void;
  /** Called when the server has shown how large the model's context is. */
  readonly onContext?: (contextTokens: number) => void;
}

/** What all completions of a provider share. */
interface Shared {
  readonly options: OpenAiProviderOptions;
  readonly dialect: Dialect;
  readonly length: AnswerLength;
  readonly context: ContextLimit;
  readonly open: Open;
}

/**
 * One completion. It makes another call only if the server does not understand the request or does not allow the length of its
 * answer, or if the model has spent its whole answer on thought.
 */
class OpenAiCompletion {
  readonly tally: Tally = {
    ...{ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
    ...{ providerCalls: 0, finishReason: "stop" },
    facts: {},
  };
  readonly #shared: Shared;
  readonly #request: CompletionRequest;
  readonly #fallbacks: Fallbacks;
  /** Whether the provider has begun its answer. */
  #begun = false;

  constructor(shared: Shared, request: CompletionRequest) {
    this.#shared = shared;
    this.#request = request;
    const { onLesson = () => undefined } = shared.options;
    this.#fallbacks = new Fallbacks(shared.dialect, onLesson);
  }

  async *answer(): AsyncGenerator<string, void> {
    const { signal } = this.#request;
    const { options } = this.#shared;
    const { clock, apiKey } = options;
    signal.throwIfAborted();
    const patience = new Patience(clock, options);
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
    const { length } = this.#shared;
    const first = length.limit(this.#request);
    if ((yield* this.#sayWithin(first, patience)).said) return;
    const raised = length.limit(this.#request, first);
    const second = yield* this.#sayWithin(raised, patience);
    if (second.said) return length.needed(raised, second.writtenTokens);
    const { limitTokens, reserveTokens } = raised;
    const message = `The model spent all of its ${limitTokens} tokens on thought and wrote no text: set reasoningTokens above ${reserveTokens}.`;
    throw noAnswer("ANSWER_ONLY_THOUGHT", message);
  }

  /** Makes a call. Its answer may have reached the limit before it said anything. */
  async *#sayWithin(limit: LengthLimit, patience: Patience) {
    const { dialect, length, context } = this.#shared;
    const { messages, signal } = this.#request;
    const either = AbortSignal.any([signal, patience.signal]);
    const { chunks, limitTokens } = await this.#send(limit, patience, either);
    const thoughtFirst = dialect.has("thought-first");
    const ending = yield* readAnswer(chunks, { messages, tally: this.tally, thoughtFirst });
    // When the signal aborts, the SDK ends its stream without an error.
    either.throwIfAborted();
    if (ending.readTokens !== undefined && !dialect.has("counts-less")) {
      context.compare(this.#request, ending.readTokens);
    }
    const endless = dialect.has("no-finish-reason") && ending.said;
    const verdict = judge(endless ? { ...ending, finish: ending.finish ?? "stop" } : ending);
    if (verdict instanceof ProviderFault) throw verdict;
    if (ending.thought || !ending.said) length.thought();
    this.#fallbacks.written(ending.writtenTokens, limitTokens);
    this.tally.finishReason = verdict;
    return ending;
  }

  /** Sends the request, again and differently if the server does not take it. */
  async #send(limit: LengthLimit, patience: Patience, signal: AbortSignal) {
    const { dialect, context, open, options } = this.#shared;
    const { model, effort } = options;
    const { messages } = this.#request;
    let fitting = context.fit(this.#request, limit);
    for (;;) {
      const { limitTokens } = fitting;
      const body = requestBody(dialect, { model, messages, limitTokens, effort });
      this.tally.providerCalls += 1;
      const sentMs = options.clock.nowMs();
      try {
        const heard = () => patience.heard();
        const begun = () => {
          this.#begun = true;
        };
        const chunks = await open(body, { signal, heard, begun });
        this.tally.facts = { firstChunkMs: options.clock.nowMs() - sentMs };
        this.#fallbacks.taken();
        return { chunks, limitTokens };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof APIError)) throw error;
        const next = context.learnFrom(error, this.#request, fitting);
        if (next === undefined && !this.#fallbacks.learnFrom(error, body)) throw error;
        fitting = next ?? fitting;
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
  const length = new AnswerLength(options.model, options.reasoningTokens);
  const { onContext = () => undefined } = options;
  const context = new ContextLimit(options.contextTokens, onContext);
  const shared = { options, dialect, length, context, open };
  return {
    name: "openai",
    model: options.model,
    url: baseUrl,
    complete(request) {
      const completion = new OpenAiCompletion(shared, request);
      const { tally } = completion;
      return {
        text: completion.answer(),
        usage: () => {
          const {
            finishReason: _f,
            facts: _a,
            cachedInputTokens,
            reasoningTokens,
            ...spent
          } = tally;
          return {
            ...{ ...spent, model: options.model },
            ...(cachedInputTokens > 0 ? { cachedInputTokens } : {}),
            ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
          };
        },
        finishReason: () => tally.finishReason,
        facts: () => tally.facts,
      };
    },
  };
}
