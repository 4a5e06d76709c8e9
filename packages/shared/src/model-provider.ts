/**
 * What calls of model providers take and give: the words that packages/models, which calls providers, and the worker SDK,
 * which calls it for executors, have in common.
 */
import { type AnswerReason, answerReasons, type ProviderReason } from "./reasons.ts";

export interface ModelMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ModelCallOptions {
  readonly signal: AbortSignal;
  /** The id of the API key whose job makes the call. */
  readonly keyId: string;
}

export interface CompletionRequest extends ModelCallOptions {
  readonly messages: readonly ModelMessage[];
  /** The longest answer, in tokens. The model's thoughts do not count. */
  readonly maxTokens: number;
  /** Room for the model's thoughts, in tokens; undefined: as the provider is configured. */
  readonly reasoningTokens?: number | undefined;
}

export interface EmbeddingRequest extends ModelCallOptions {
  readonly input: readonly string[];
  /** The length of each embedding, for models that can shorten them. */
  readonly dimensions?: number | undefined;
}

/** The calls whose body goes to the provider as its caller wrote it. Their names are the types of such jobs. */
export const relayedCalls = ["chat.completions", "responses", "embeddings"] as const;

export type RelayedCall = (typeof relayedCalls)[number];

export interface RelayRequest extends ModelCallOptions {
  readonly call: RelayedCall;
  /** The body of the request, in the form that OpenAI defines for the call. The provider sets its model and stream. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly providerCalls: number;
  /** The CPU time that the answer took in this worker, in milliseconds, if it was measured. */
  readonly computeMs?: number;
  /** The part of inputTokens that the provider had in its cache, if it says so. */
  readonly cachedInputTokens?: number;
  /** The part of outputTokens that the model spent on thought, if the provider says so. */
  readonly reasoningTokens?: number;
  readonly model: string;
}

/** What is known of a provider's answer, for traces. */
export interface AnswerFacts {
  /** The model that answered, in the provider's words. */
  readonly model?: string;
  /** The provider's id of the answer. */
  readonly id?: string;
  /** The time from the request until the first piece of the answer arrived, in milliseconds. */
  readonly firstChunkMs?: number;
  /** The part of the input that the provider had in its cache, in tokens. */
  readonly cachedTokens?: number;
  /** The part of the output that the model spent on thought, in tokens. */
  readonly reasoningTokens?: number;
}

/** How an answer ended: by itself, or at its length limit. */
export type FinishReason = "stop" | "length";

/** What all calls tell. Nothing is sent before the call's answer is read. */
interface ModelCall {
  /** The usage so far. It is final when the answer has ended, also if reading it threw. */
  usage(): TokenUsage;
  /** What is known so far of the last answer. */
  facts(): AnswerFacts;
}

export interface Completion extends ModelCall {
  /** The answer as it arrives, without the model's thoughts; read it once. Throws ProviderFault, or the signal's reason. */
  readonly text: AsyncIterable<string>;
  /** Known when `text` has ended. */
  finishReason(): FinishReason;
}

export interface EmbeddingCall extends ModelCall {
  /** Makes the call; to be called once. Returns an embedding for each text, in order. Throws ProviderFault, or the signal's reason. */
  embeddings(): Promise<readonly (readonly number[])[]>;
}

export interface Relay extends ModelCall {
  /** The provider's stream events, as it sends them; read them once. Throws ProviderFault, or the signal's reason. */
  readonly events: AsyncIterable<Readonly<Record<string, unknown>>>;
  /** The provider's object, as it would answer without a stream. Known when `events` has ended. */
  result(): Readonly<Record<string, unknown>>;
}

/** One model of one provider account. */
export interface ModelProvider {
  /** The provider's name in metrics and traces. */
  readonly name: string;
  readonly model: string;
  /** The name of the account that is called; empty if it has none, and calls then count for the pool of their job. */
  readonly account: string;
  /** Where it is called, if it is not in the worker itself. */
  readonly url?: string;
  /** Answers messages with text. */
  complete(request: CompletionRequest): Completion;
  /** Throws a ProviderFault if the account has no embeddings. */
  embed(request: EmbeddingRequest): EmbeddingCall;
  /** Throws a ProviderFault if the account does not take such a call. */
  relay(request: RelayRequest): Relay;
}

/** Which model is called: what a scheduler chose for a job. */
export interface ModelRoute {
  /** The provider account; empty: the account for jobs without one. */
  readonly account: string;
  /** The provider's name of the model; empty: the account's own. */
  readonly model: string;
}

/** The accounts that a program may call. They may change while it runs. */
export interface ModelSource {
  /** Throws a ProviderFault if it has no such account. */
  provider(route: ModelRoute): ModelProvider;
}

/** The error of a provider's answer, in the form of OpenAI's: what programs of callers know. */
export interface AnsweredError {
  /** At most 1,000 characters. */
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: string | null;
}

export interface FaultDetails {
  readonly reason: AnswerReason | ProviderReason;
  readonly retryable: boolean;
  /** The wait that the provider asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** 0 means that there was no answer. */
  readonly httpStatus: number;
  /** The account's money or quota is used up, so waiting does not help. */
  readonly quotaExhausted: boolean;
  /** The headers x-ratelimit-*, with names in lower case. */
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
  /** Absent if the provider did not answer with an error. */
  readonly answered?: AnsweredError;
}

/** A call to a provider that failed. */
export class ProviderFault extends Error {
  override readonly name = "ProviderFault";
  readonly details: FaultDetails;

  constructor(message: string, details: FaultDetails, cause?: unknown) {
    super(message, { cause });
    this.details = details;
  }

  /**
   * Returns an error as the fault that it is; undefined for any other error. A package that is published has its own copy of
   * this class, so its faults are known by their name.
   */
  static of(error: unknown): ProviderFault | undefined {
    if (error instanceof ProviderFault) return error;
    const isCopy = error instanceof Error && error.name === "ProviderFault" && "details" in error;
    return isCopy ? (error as ProviderFault) : undefined;
  }
}

/** What fits into a model's context. */
export interface ContextRoom {
  /** The tokens of input and answer together that the model can hold; undefined if the provider does not say it. */
  readonly contextTokens: number | undefined;
  /**
   * How many tokens the longest message may have by our own count, so that the request fits, if its answer takes at most half of
   * the context.
   */
  readonly messageTokens: number;
}

/** A request whose input is too large for the model. */
export class ContextFault extends ProviderFault {
  readonly room: ContextRoom;

  constructor(reason: "CONTEXT_EXCEEDED" | "INPUT_TRUNCATED", message: string, room: ContextRoom) {
    super(message, {
      ...{ reason, ...answerReasons[reason] },
      httpStatus: reason === "INPUT_TRUNCATED" ? 200 : 400,
      ...{ quotaExhausted: false, rateLimitHeaders: {} },
    });
    this.room = room;
  }
}
