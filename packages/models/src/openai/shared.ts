import type { Clock } from "@millrace/shared";
import type { AnswerLength } from "../answer-length.ts";
import type { ContextLimit } from "../context-limit.ts";
import type { TraceHttp } from "../heard-fetch.ts";
import type { PatienceLimits } from "../patience.ts";
import type { OpenAiClient } from "./client.ts";
import type { Dialect, Lesson, Quirk } from "./quirks.ts";

export interface OpenAiProviderOptions extends PatienceLimits {
  /** The account's name; empty if it has none. */
  readonly account?: string;
  /** Its query parameters are sent with every call. `{model}` in it stands for the model. */
  readonly baseUrl: string;
  /** Called for each call, because the key may be rotated. */
  readonly apiKey: () => string;
  /** Headers that are sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly model: string;
  readonly clock: Clock;
  /** How the server differs from OpenAI's, as far as the operator knows. */
  readonly quirks?: readonly Quirk[];
  /** The value of `reasoning_effort`. */
  readonly effort?: string | undefined;
  /** Room for the model's thoughts, in tokens. Default: 4,096 for a model that thinks. */
  readonly reasoningTokens?: number | undefined;
  /** The longest answer of a relayed call, in tokens, thoughts included. */
  readonly maxOutputTokens?: number | undefined;
  /** The model's context in tokens, as far as the operator knows: input and answer together. */
  readonly contextTokens?: number | undefined;
  /** Called when an answer of the server has shown a quirk, or that the server does not have it. */
  readonly onLesson?: (lesson: Lesson) => void;
  /** Called when the server has shown how large the model's context is. */
  readonly onContext?: (contextTokens: number) => void;
  /** Whether OPENAI_ORG_ID and OPENAI_PROJECT_ID are those of this account. Default: ignored. */
  readonly environment?: "read" | "ignored";
  /** Traces the HTTP requests. */
  readonly traceHttp?: TraceHttp | undefined;
}

/** What all calls of a provider's model share. */
export interface Shared {
  readonly options: OpenAiProviderOptions;
  readonly dialect: Dialect;
  readonly length: AnswerLength;
  readonly context: ContextLimit;
  readonly client: OpenAiClient;
}
