import type { Clock, TimerHandle } from "@millrace/shared";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { type CompletionRequest, type Provider, ProviderFault } from "./provider.ts";

export interface OpenAiProviderOptions {
  readonly baseUrl: string;
  /** Asked for at each call: it may have been rotated. */
  readonly apiKey: () => string;
  readonly model: string;
  readonly clock: Clock;
  /** How long it may say nothing: before its answer, and within it. */
  readonly silenceMs: number;
}

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached"]);

/** What is shorter is a word for a server that asks for no key, and may stand in any sentence. */
const SECRET_CHARS = 8;

/** Until the provider says what it counted: a token is about four bytes of English. */
const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** Retry-After as seconds or as an HTTP date, in milliseconds. What is past, or is no time, says nothing. */
function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const precise = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (precise > 0 && Number.isFinite(precise)) return precise;
  const value = headers?.get("retry-after");
  if (value === null || value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  const delayMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - nowMs;
  return delayMs > 0 && Number.isFinite(delayMs) ? delayMs : undefined;
}

/** A fault that has no HTTP status: the answer never came, or did not come whole. */
const unanswered = (message: string, cause?: unknown): ProviderFault =>
  new ProviderFault(
    message,
    { retryable: true, httpStatus: 0, quotaExhausted: false, rateLimitHeaders: {} },
    cause,
  );

/** A fault that asking again does not mend. */
const refusedForGood = (message: string): ProviderFault =>
  new ProviderFault(message, {
    ...{ retryable: false, httpStatus: 200, quotaExhausted: false, rateLimitHeaders: {} },
  });

function faultOf(error: unknown, nowMs: number, apiKey: string): ProviderFault {
  if (error instanceof ProviderFault) return error;
  const said = error instanceof Error ? error.message : String(error);
  // Some say which key they refuse; the job's caller is not to know it.
  const message = apiKey.length < SECRET_CHARS ? said : said.replaceAll(apiKey, "[redacted]");
  const cause = message === said ? error : undefined;
  if (!(error instanceof APIError) || error.status === undefined) {
    const what = error instanceof APIConnectionError ? "could not be reached" : "broke off";
    return unanswered(`The model provider ${what}: ${message}`, cause);
  }
  const httpStatus = error.status;
  const quotaExhausted =
    httpStatus === 402 || quotaCodes.has(error.code ?? "") || quotaCodes.has(error.type ?? "");
  const passing = [408, 409, 429].includes(httpStatus) || httpStatus >= 500;
  const after = retryAfterMs(error.headers, nowMs);
  const limitHeaders = [...(error.headers ?? [])].filter(([n]) => n.startsWith("x-ratelimit-"));
  return new ProviderFault(
    `The model provider refused the call: ${message}`,
    {
      retryable: passing && !quotaExhausted,
      ...(after === undefined ? {} : { retryAfterMs: after }),
      ...{ httpStatus, quotaExhausted },
      rateLimitHeaders: Object.fromEntries(limitHeaders.slice(0, 32)),
    },
    cause,
  );
}

/** Aborts when nothing was heard for too long. */
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
    const fault = unanswered(`The model provider said nothing for ${this.#ms / 1_000} s.`);
    this.#timer = this.#clock.after(this.#ms, () => this.#abort.abort(fault));
  }

  over(): void {
    this.#timer?.cancel();
  }
}

/** Chat completions, streamed, at anything that speaks OpenAI's protocol. Repeats no call itself. */
export function openAiProvider(options: OpenAiProviderOptions): Provider {
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: async () => options.apiKey(),
    // The scheduler alone decides whether and when to repeat.
    maxRetries: 0,
    // Longer than we wait ourselves.
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
            // What the provider counted is what it charges.
            if (usage) {
              inputTokens = usage.prompt_tokens;
              outputTokens = usage.completion_tokens;
            }
          }
          // The SDK ends its stream quietly when the signal aborts.
          either.throwIfAborted();
        } catch (error) {
          either.throwIfAborted();
          throw faultOf(error, options.clock.nowMs(), options.apiKey());
        } finally {
          silence.over();
        }
        // A server that goes away may close its stream as one that is done does.
        if (ended === null) throw unanswered("The model provider's answer broke off.");
        if (ended === "content_filter") {
          throw refusedForGood("The model provider's content filter stopped the answer.");
        }
        if (empty && ended === "length") {
          throw refusedForGood(
            `The model used up ${maxTokens} tokens before it said a word: allow it more (maxTokens).`,
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
