import { type CompletionRequest, ContextFault } from "@millrace/shared";
import type { LengthLimit } from "./answer-length.ts";
import type { Refusal } from "./error-status.ts";
import { type InputTokens, inputTokens, isMultiByte, mostTokens } from "./message-tokens.ts";
import { longestAnswerOf, overflowOf } from "./overflow.ts";

/** How much of the room that a count leaves is used for text. */
const MARGIN = 0.95;
/** Room for thought is left out if the input could have so many times the tokens that we count: servers count differently. */
const CAUTION = 1.25;
/** A request that was refused becomes smaller by this factor at least, so that another try makes sense. */
const SMALLER = 0.8;
/** Servers that count fewer tokens than this part of ours have not read the whole input. */
const READ = 0.75;
/** The same for Chinese and other writing, of which the tokens of some models hold much more. */
const READ_MULTI_BYTE = 0.45;
/** Two counts that differ less are of the same context. */
const ALIKE = 0.1;
/** The least size of a context that is believed. */
const LEAST_CONTEXT = 256;
/** Shorter inputs are not compared: what servers add to them weighs too much. */
const COMPARED_TOKENS = 512;
/** A server that reports fewer tokens counts only those that it did not have in its cache. */
const REPORTED_TOKENS = 128;

/** What is known of the size of a model: declared by the operator, and learned from the server. */
export class ContextLimit {
  readonly #onLearned: (contextTokens: number) => void;
  #contextTokens: number | undefined;
  #longestAnswer = Number.POSITIVE_INFINITY;
  /** How many tokens the server read when it had not read all. */
  #suspectedTokens = 0;

  constructor(declaredTokens: number | undefined, onLearned: (contextTokens: number) => void) {
    this.#contextTokens = declaredTokens;
    this.#onLearned = onLearned;
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
    error: Refusal,
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
    const { contextTokens: told = 0 } = overflow;
    if (told >= LEAST_CONTEXT) this.#learn(told);
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
    const { messages } = request;
    if (reportedTokens < REPORTED_TOKENS || reportedTokens >= mostTokens(messages)) return;
    const input = inputTokens(messages);
    const least = input.text * (isMultiByte(messages) ? READ_MULTI_BYTE : READ);
    if (input.text < COMPARED_TOKENS || reportedTokens >= least) return;
    const room = this.#roomWithin(reportedTokens, request, input, input.all);
    // One count may be wrong. Two that are about equal are the size of the context.
    if (Math.abs(reportedTokens - this.#suspectedTokens) < reportedTokens * ALIKE) {
      this.#learn(Math.min(this.#contextTokens ?? reportedTokens, reportedTokens));
    }
    this.#suspectedTokens = reportedTokens;
    throw new ContextFault(
      "INPUT_TRUNCATED",
      `The model provider has read only ${reportedTokens} of about ${input.text} tokens, probably because the model's context is not larger: send less text.`,
      { contextTokens: reportedTokens, messageTokens: room },
    );
  }

  #learn(contextTokens: number): void {
    if (this.#contextTokens === contextTokens) return;
    this.#contextTokens = contextTokens;
    this.#onLearned(contextTokens);
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
      { contextTokens: context, messageTokens: this.#roomWithin(context, request, input, counted) },
    );
  }

  /** Returns how many of our tokens the longest message may have within a context. */
  #roomWithin(
    context: number | undefined,
    { maxTokens }: CompletionRequest,
    { all, longest }: InputTokens,
    counted: number,
  ): number {
    const others = all - longest;
    const room =
      context === undefined
        ? longest / 2
        : (context - Math.min(maxTokens, context / 2)) * (all / counted) * MARGIN - others;
    return Math.max(0, Math.floor(Math.min(room, longest * SMALLER)));
  }
}
