import type { Clock, TimerHandle } from "@millrace/shared";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { type CompletionRequest, type Provider, ProviderFault } from "./provider.ts";

export interface OpenAiProviderOptions {
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  readonly model: string;
  readonly clock: Clock;
  /** How long the provider may send nothing, before its answer begins or within it. */
  readonly silenceMs: number;
}

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached"]);

/** A shorter key is a placeholder for a server that needs none. It may occur in any sentence, so it is not redacted. */
const SECRET_CHARS = 8;

/** Estimates tokens until the provider reports its own count: a token is about four bytes of English. */
const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** Reads Retry-After, in seconds or as an HTTP date, as milliseconds. A time in the past, or no time, is ignored. */
function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const precise = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (precise > 0 && Number.isFinite(precise)) return precise;
  const value = headers?.get("retry-after");
  if (value === null || value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  const delayMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - nowMs;
  return delayMs > 0 && Number.isFinite(delayMs) ? delayMs : undefined;
}

/** A fault without an HTTP status: the answer did not arrive, or not completely. */
const unanswered = (message: string, cause?: unknown): ProviderFault =>
  new ProviderFault(
    message,
    { retryable: true, httpStatus: 0, quotaExhausted: false, rateLimitHeaders: {} },
    cause,
  );

/** A fault that repeating the call does not correct. */
const refusedForGood = (message: string): ProviderFault =>
  new ProviderFault(message, {
    ...{ retryable: false, httpStatus: 200, quotaExhausted: false, rateLimitHeaders: {} },
  });

function faultOf(error: unknown, nowMs: number, apiKey: string): ProviderFault {
  if (error instanceof ProviderFault) return error;
  const original = error instanceof Error ? error.message : String(error);
  // Some providers quote the key that they refuse. The job's caller must not see it.
  const message =
    apiKey.length < SECRET_CHARS ? original : original.replaceAll(apiKey, "[redacted]");
  const cause = message === original ? error : undefined;
  if (!(error instanceof APIError) || error.status === undefined) {
    const what =
      error instanceof APIConnectionError ? "could not be reached" : "broke off its answer";
    return unanswered(`The model provider ${what}: ${message}`, cause);
  }
  const httpStatus = error.status;
  const quotaExhausted =
    httpStatus === 402 || quotaCodes.has(error.code ?? "") || quotaCodes.has(error.type ?? "");
  const isTransient = [408, 409, 429].includes(httpStatus) || httpStatus >= 500;
  const after = retryAfterMs(error.headers, nowMs);
  const limitHeaders = [...(error.headers ?? [])].filter(([n]) => n.startsWith("x-ratelimit-"));
  return new ProviderFault(
    `The model provider refused the call: ${message}`,
    {
      retryable: isTransient && !quotaExhausted,
      ...(after === undefined ? {} : { retryAfterMs: after }),
      ...{ httpStatus, quotaExhausted },
      rateLimitHeaders: Object.fromEntries(limitHeaders.slice(0, 32)),
    },
    cause,
  );
}

/** Aborts after too long a silence. */
class Silence {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  readonly #ms: number;
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    this.#timer?.cancel();
    const fault = unanswered(`The model provider sent nothing for ${this.#ms / 1_000} s.`);
    this.#timer = this.#clock.after(this.#ms, () => this.#abort.abort(fault));
  }

  over(): void {
    this.#timer?.cancel();
  }
}

/** Streams chat completions from any server that speaks OpenAI's protocol. It retries no call itself. */
export function openAiProvider(options: OpenAiProviderOptions): Provider {
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: async () => options.apiKey(),
    // Only the scheduler decides whether and when to retry.
    maxRetries: 0,
    // Longer than our own time-out, which then applies first.
    timeout: options.silenceMs * 2,
  });
  const open = ({ messages, maxTokens }: CompletionRequest, signal: AbortSignal) =>
    client.chat.completions.create(
      {
        model: options.model,
        messages: messages.map((message) => ({ ...message })),
        max_completion_tokens: maxTokens,
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal },
    );
  return {
    name: "openai",
    model: options.model,
    complete(request) {
      const { messages, maxTokens, signal } = request;
      let inputTokens = 0;
      let outputTokens = 0;
      let providerCalls = 0;
      async function* answer() {
        signal.throwIfAborted();
        providerCalls = 1;
        const silence = new Silence(options.clock, options.silenceMs);
        const either = AbortSignal.any([signal, silence.signal]);
        let ended: string | null = null;
        let empty = true;
        try {
          const stream = await open(request, either);
          inputTokens = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
          for await (const { choices, usage } of stream) {
            silence.heard();
            const piece = choices[0]?.delta?.content ?? "";
            ended = choices[0]?.finish_reason ?? ended;
            if (piece !== "") {
              empty = false;
              outputTokens += estimateTokens(piece);
              yield piece;
            }
            // The provider charges what it counted itself, so its count replaces the estimate.
            if (usage) {
              inputTokens = usage.prompt_tokens;
              outputTokens = usage.completion_tokens;
            }
          }
          // When the signal aborts, the SDK ends its stream without an error.
          either.throwIfAborted();
        } catch (error) {
          either.throwIfAborted();
          throw faultOf(error, options.clock.nowMs(), options.apiKey());
        } finally {
          silence.over();
        }
        // A server that shuts down may close its stream like one that has finished.
        if (ended === null) throw unanswered("The model provider broke off its answer.");
        if (ended === "content_filter") {
          throw refusedForGood("The model provider's content filter stopped the answer.");
        }
        if (empty && ended === "length") {
          throw refusedForGood(
            `The model used up ${maxTokens} tokens before it wrote any text: raise maxTokens.`,
          );
        }
      }
      return {
        text: answer(),
        usage: () => ({ inputTokens, outputTokens, providerCalls }),
      };
    },
  };
}
