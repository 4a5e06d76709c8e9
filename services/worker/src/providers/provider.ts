import { type AnswerReason, answerReasons, type ProviderReason } from "@millrace/shared";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface CompletionRequest {
  readonly messages: readonly Message[];
  /** The longest answer, in tokens. The model's thoughts do not count. */
  readonly maxTokens: number;
  /** Room for the model's thoughts, in tokens; undefined: as the provider is configured. */
  readonly reasoningTokens?: number | undefined;
  readonly signal: AbortSignal;
  /** The id of the API key whose job makes the call. */
  readonly keyId: string;
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

export interface Completion {
  /** The answer as it arrives, without the model's thoughts; read it once. Throws ProviderFault, or the signal's reason. */
  readonly text: AsyncIterable<string>;
  /** Known when `text` has ended. */
  finishReason(): FinishReason;
  /** The usage so far. It is final when `text` has ended, also if it threw. */
  usage(): TokenUsage;
  /** What is known so far of the last answer. */
  facts(): AnswerFacts;
}

/** Answers messages with text. It starts nothing before the text is read. */
export interface Provider {
  /** The provider's name in metrics and traces. */
  readonly name: string;
  readonly model: string;
  /** Where it is called, if it is not in the worker itself. */
  readonly url?: string;
  complete(request: CompletionRequest): Completion;
}

export interface ProviderFaultDetails {
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
}

/** A call to a provider that failed. */
export class ProviderFault extends Error {
  override readonly name = "ProviderFault";
  readonly details: ProviderFaultDetails;

  constructor(message: string, details: ProviderFaultDetails, cause?: unknown) {
    super(message, { cause });
    this.details = details;
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
