import type { APIError } from "openai";
import { type CompletionRequest, ContextFault } from "../provider.ts";
import type { LengthLimit } from "./answer-length.ts";
import { type InputTokens, inputTokens, mostTokens } from "./message-tokens.ts";
import { longestAnswerOf, overflowOf } from "./overflow.ts";

/** How much of the room that a count leaves is used for text. */
const MARGIN = 0.95;
/** Room for thought is left out if the input could have so many times the tokens that we count: servers count differently. */
const CAUTION = 1.25;
/** A request that was refused becomes smaller by this factor at least, so that another try makes sense. */
const SMALLER = 0.8;
/** Servers that count fewer tokens than this part of ours have not read the whole input. */
const READ = 0.75;
/** Shorter inputs are not compared: what servers add to them weighs too much. */
const COMPARED_TOKENS = 512;
/** A server that reports fewer tokens counts only those that it did not have in its cache. */
const REPORTED_TOKENS = 128;

/** What is known of the size of a model: declared by the operator, and learned from the server. */
export class ContextLimit {
  #contextTokens: number | undefined;
  #longestAnswer = Number.POSITIVE_INFINITY;

  constructor(declaredTokens: number | undefined) {
    this.#contextTokens = declaredTokens;
  }

  /** Returns the limit for an answer that fits, with less room for thought if need be. Throws a ContextFault if none does. */
  fit(request: CompletionRequest, limit: LengthLimit): LengthLimit {
    const { maxTokens, messages } = request;
    const whole = this.#capped(limit);
    const contextTokens = this.#contextTokens;
    if (contextTokens === undefined) return whole;
    if (mostTokens(messages) + whole.limitTokens <= contextTokens) return whole;
    const input = inputTokens(messages);
    const answerTokens = Math.min(maxTokens, whole.limitTokens);
    if (input.all + answerTokens > contextTokens) {
      throw this.#tooLarge(request, input, input.all);
    }
    const room = Math.floor(contextTokens - input.all * CAUTION);
    const limitTokens = Math.min(whole.limitTokens, Math.max(answerTokens, room));
    return { limitTokens, reserveTokens: limitTokens - answerTokens };
  }

  /**
   * Reads a refusal of a request. Returns the limit for an answer with which the request may be taken; undefined if the refusal
   * is about something else. Throws a ContextFault if the input is too large.
   */
  learnFrom(
    error: APIError,
    request: CompletionRequest,
    sent: LengthLimit,
  ): LengthLimit | undefined {
    const longest = longestAnswerOf(error);
    if (longest !== undefined && longest < sent.limitTokens) {
      this.#longestAnswer = longest;
      return this.#capped(sent);
    }
    const overflow = overflowOf(error);
    if (overflow === undefined) return undefined;
    this.#contextTokens = overflow.contextTokens ?? this.#contextTokens;
    const input = inputTokens(request.messages);
    const counted = Math.max(input.all, overflow.inputTokens ?? 0);
    const answerTokens = Math.min(request.maxTokens, sent.limitTokens);
    // The input may fit with less room for thought.
    const room = this.#contextTokens === undefined ? answerTokens : this.#contextTokens - counted;
    if (room >= answerTokens && room < sent.limitTokens) {
      return { limitTokens: room, reserveTokens: room - answerTokens };
    }
    throw this.#tooLarge(request, input, counted);
  }

  /** Throws a ContextFault if the server has counted far fewer tokens than the messages have. */
  compare(request: CompletionRequest, reportedTokens: number): void {
    if (reportedTokens < REPORTED_TOKENS) return;
    if (mostTokens(request.messages) * READ <= reportedTokens) return;
    const input = inputTokens(request.messages);
    if (input.all < COMPARED_TOKENS || reportedTokens >= input.all * READ) return;
    this.#contextTokens = Math.min(this.#contextTokens ?? reportedTokens, reportedTokens);
    throw new ContextFault(
      "INPUT_TRUNCATED",
      `The model provider has read only ${reportedTokens} of about ${input.all} tokens, probably because the model's context is not larger: send less text.`,
      {
        contextTokens: this.#contextTokens,
        messageTokens: this.#roomFor(request, input, input.all),
      },
    );
  }

  #capped({ limitTokens, reserveTokens }: LengthLimit): LengthLimit {
    const less = Math.max(0, limitTokens - this.#longestAnswer);
    return {
      limitTokens: limitTokens - less,
      reserveTokens: Math.max(0, reserveTokens - less),
    };
  }

  /** `counted`: the tokens of the input as the server counts them. */
  #tooLarge(request: CompletionRequest, input: InputTokens, counted: number): ContextFault {
    const context = this.#contextTokens;
    const small = context === undefined ? "smaller" : `${context} tokens`;
    return new ContextFault(
      "CONTEXT_EXCEEDED",
      `The messages have about ${counted} tokens and the answer may have ${request.maxTokens}, but the model's context is ${small}: send less text, or lower maxTokens.`,
      { contextTokens: context, messageTokens: this.#roomFor(request, input, counted) },
    );
  }

  /** Returns how many of our tokens the longest message may have. */
  #roomFor(
    { maxTokens }: CompletionRequest,
    { all, longest }: InputTokens,
    counted: number,
  ): number {
    const others = all - longest;
    const context = this.#contextTokens;
    const room =
      context === undefined
        ? longest / 2
        : (context - Math.min(maxTokens, context / 2)) * (all / counted) * MARGIN - others;
    return Math.max(0, Math.floor(Math.min(room, longest * SMALLER)));
  }
}
