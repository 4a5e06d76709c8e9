export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface CompletionRequest {
  readonly messages: readonly Message[];
  /** Of the answer. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** The API key that asks, by id. */
  readonly keyId: string;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly providerCalls: number;
  /** CPU time that the answer took here, milliseconds, where it was measured. */
  readonly computeMs?: number;
}

export interface Completion {
  /** The answer as it comes, to be read once. Throws ProviderFault, or the signal's reason. */
  readonly text: AsyncIterable<string>;
  /** What was spent so far: final when `text` has ended, also if it threw. */
  usage(): TokenUsage;
}

/** Answers messages with text. Starts nothing before the text is read. */
export interface Provider {
  /** As metrics and traces call it. */
  readonly name: string;
  readonly model: string;
  complete(request: CompletionRequest): Completion;
}

export interface ProviderFaultDetails {
  readonly retryable: boolean;
  /** Milliseconds, where the provider said so. */
  readonly retryAfterMs?: number;
  /** 0: there was no answer. */
  readonly httpStatus: number;
  /** The account's money or quota is used up: waiting does not help. */
  readonly quotaExhausted: boolean;
  /** x-ratelimit-* as they came, names in lower case. */
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
}

/** A provider did not answer as asked. */
export class ProviderFault extends Error {
  override readonly name = "ProviderFault";
  readonly details: ProviderFaultDetails;

  constructor(message: string, details: ProviderFaultDetails, cause?: unknown) {
    super(message, { cause });
    this.details = details;
  }
}
