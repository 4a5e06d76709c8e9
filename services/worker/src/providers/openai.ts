import type { Clock } from "@millrace/shared";
import { countTokens } from "gpt-tokenizer";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { type Provider, ProviderFault } from "./provider.ts";

export interface OpenAiProviderOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly clock: Clock;
  /** Of one call, from its start to its first byte. */
  readonly timeoutMs?: number;
}

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached"]);

/** Retry-After as seconds or as an HTTP date, in milliseconds. */
function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const precise = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (Number.isFinite(precise)) return Math.max(0, precise);
  const value = headers?.get("retry-after");
  if (value === null || value === undefined) return undefined;
  const seconds = Number(value);
  const delayMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}

function faultOf(error: unknown, nowMs: number): unknown {
  if (!(error instanceof APIError)) return error;
  const httpStatus = error.status ?? 0;
  const quotaExhausted =
    httpStatus === 402 || quotaCodes.has(error.code ?? "") || quotaCodes.has(error.type ?? "");
  // A connection error or an error in mid-stream has no status.
  const passing = httpStatus === 0 || [408, 409, 429].includes(httpStatus) || httpStatus >= 500;
  const after = retryAfterMs(error.headers, nowMs);
  const limitHeaders = [...(error.headers ?? [])].filter(([n]) => n.startsWith("x-ratelimit-"));
  const what = error instanceof APIConnectionError ? "could not be reached" : "refused the call";
  return new ProviderFault(
    `The model provider ${what}: ${error.message}`,
    {
      retryable: passing && !quotaExhausted,
      ...(after === undefined ? {} : { retryAfterMs: after }),
      ...{ httpStatus, quotaExhausted },
      rateLimitHeaders: Object.fromEntries(limitHeaders.slice(0, 32)),
    },
    error,
  );
}

/** Chat completions, streamed, at anything that speaks OpenAI's protocol. Repeats no call itself. */
export function openAiProvider(options: OpenAiProviderOptions): Provider {
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: options.apiKey,
    // The scheduler alone decides whether and when to repeat.
    maxRetries: 0,
    timeout: options.timeoutMs ?? 60_000,
  });
  return {
    complete({ messages, maxTokens, signal }) {
      let inputTokens = 0;
      let outputTokens = 0;
      let providerCalls = 0;
      async function* answer() {
        signal.throwIfAborted();
        providerCalls = 1;
        try {
          const stream = await client.chat.completions.create(
            {
              model: options.model,
              messages: messages.map((message) => ({ ...message })),
              max_completion_tokens: maxTokens,
              stream: true,
              stream_options: { include_usage: true },
            },
            { signal },
          );
          inputTokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0);
          for await (const { choices, usage } of stream) {
            const piece = choices[0]?.delta.content ?? "";
            if (piece !== "") {
              outputTokens += countTokens(piece);
              yield piece;
            }
            // What the provider counted is what it charges.
            if (usage) {
              inputTokens = usage.prompt_tokens;
              outputTokens = usage.completion_tokens;
            }
          }
          // The SDK ends its stream quietly when the signal aborts.
          signal.throwIfAborted();
        } catch (error) {
          signal.throwIfAborted();
          throw faultOf(error, options.clock.nowMs());
        }
      }
      return {
        text: answer(),
        usage: () => ({ inputTokens, outputTokens, providerCalls }),
      };
    },
  };
}
