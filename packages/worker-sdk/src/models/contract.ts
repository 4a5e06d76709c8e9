import type {
  AnswerFacts,
  FinishReason,
  ModelMessage,
  ModelRoute,
  RelayedCall,
  TokenUsage,
} from "@millrace/shared";
import type { UsageDelta } from "../usage-delta.ts";

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  /** The longest answer, in tokens. The model's thoughts do not count. */
  readonly maxTokens: number;
  /** Room for the model's thoughts, in tokens; undefined: as the account is configured. */
  readonly reasoningTokens?: number | undefined;
  /** Ends the call, as the attempt's own signal does. */
  readonly signal?: AbortSignal;
}

/** A model's whole answer, without its thoughts. It is valid Unicode. */
export interface ModelAnswer {
  readonly text: string;
  /** "length": the answer was cut at its length limit. */
  readonly finishReason: FinishReason;
  /** The provider's name of the model that was called. */
  readonly model: string;
}

/** A model's answer as it arrives; read it once. A loop that ends early ends the call. */
export interface ModelStream extends AsyncIterable<string> {
  /** Throws before the stream has been read to its end. */
  answer(): ModelAnswer;
}

export interface EmbedRequest {
  readonly input: readonly string[];
  /** The length of each embedding, for models that can shorten them. */
  readonly dimensions?: number;
  /** Ends the call, as the attempt's own signal does. */
  readonly signal?: AbortSignal;
}

export interface Embeddings {
  /** One for each text, in order. */
  readonly embeddings: readonly (readonly number[])[];
  /** The provider's name of the model that was called. */
  readonly model: string;
}

export interface ModelRelayRequest {
  readonly call: RelayedCall;
  /** The body in the form that OpenAI defines for the call. Its model and its stream are those of the attempt. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Ends the call, as the attempt's own signal does. */
  readonly signal?: AbortSignal;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Calls the model that the scheduler chose for an attempt. Each call adds to the attempt's usage, also if it fails. A call that
 * fails throws a JobFailure that reports the provider's answer, so that its account pauses for every worker: let it pass. After
 * a refusal of an account, attempts that run already make no further call of it until its wait is over.
 */
export interface AttemptModels {
  /** Returns the whole answer. Passes each piece of it to `piece`, and goes on when that has resolved. */
  complete(
    request: ModelRequest,
    piece?: (text: string) => Promise<void> | void,
  ): Promise<ModelAnswer>;
  /** Begins when the stream is read. */
  stream(request: ModelRequest): ModelStream;
  embed(request: EmbedRequest): Promise<Embeddings>;
  /**
   * Sends a request as its caller wrote it. Passes each of the provider's stream events to `event`, and returns the provider's
   * object, as it would answer without a stream.
   */
  relay(
    request: ModelRelayRequest,
    event?: (event: JsonObject) => Promise<void> | void,
  ): Promise<JsonObject>;
}

/** What calls of models need to know of their attempt: parts of its context. */
export interface ModelAttempt {
  readonly pool: string;
  readonly account: string;
  readonly providerModel: string;
  readonly startedMs: number;
  readonly keyId: string;
  readonly signal: AbortSignal;
  addUsage(usage: UsageDelta): void;
}

/** Makes `models` of an attempt's context. */
export type BindModels = (attempt: ModelAttempt) => AttemptModels;

/** A call of a model that begins. */
export interface BegunModelCall extends ModelRoute {
  /** The provider's name. */
  readonly provider: string;
  /** Where it is called, if it is not in the worker itself. */
  readonly url: string | undefined;
  readonly operation: "chat" | RelayedCall;
  /** The longest answer that the executor asked for; undefined if it named none. */
  readonly maxTokens: number | undefined;
  /** Aborts when the call must end. */
  readonly signal: AbortSignal;
}

/** How a call of a model may end. */
export type ModelCallOutcome =
  | "answered"
  | ("429" | "503" | "529")
  | "quota_exhausted"
  | "server_error"
  | "unanswered"
  | "refused"
  | "no_answer"
  | "failed"
  | "stopped";

export interface EndedModelCall {
  readonly outcome: ModelCallOutcome;
  readonly durationMs: number;
  /** The time until the first piece of the answer arrived; undefined if none did, or the answer came whole. */
  readonly firstPieceMs: number | undefined;
  readonly usage: TokenUsage;
  readonly facts: AnswerFacts;
  readonly finishReason: FinishReason | undefined;
}

/** Measures one call. */
export interface ModelCallObserver {
  /** Makes the call, for example inside a span. It must return what `call` returns, and throw what it throws. */
  run<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Called once, inside `run`. */
  ended(end: EndedModelCall): void;
}
