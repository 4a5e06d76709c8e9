import type { CompletionRequest } from "@millrace/shared";

/** The room for thought of a model that thinks, where nobody has set another. */
const RESERVE_TOKENS = 4_096;
/** How many times more room a model gets that has spent all of it on thought. */
const RAISE = 4;

/** More room is not kept for later answers: some providers count it against their limits for each minute. */
const MOST_TOKENS = 65_536;

/** Names of models that think before they answer. Other models show it with their first thought. */
const thinkers =
  /(?:^|[/:_.-])(?:o[1-9]|gpt-5|gpt-oss|r1|reasoner|qwq|magistral|reasoning|thinking)(?![a-z0-9])/i;

export interface LengthLimit {
  /** The most tokens that the model may write. */
  readonly limitTokens: number;
  /** How many of them are room for thought. */
  readonly reserveTokens: number;
}

/**
 * How long answers may be. Servers count a model's thoughts as part of its answer, so a model that thinks needs more room than
 * its answer. A model that does not think gets none: it could only write longer answers than the job allows.
 */
export class AnswerLength {
  #reserveTokens: number | undefined;
  #thinks: boolean;

  /** `reserveTokens`: the operator's room for thought, if set. */
  constructor(model: string, reserveTokens: number | undefined) {
    this.#reserveTokens = reserveTokens;
    this.#thinks = reserveTokens !== undefined || thinkers.test(model);
  }

  /** `spent`: the limit of this answer that the model has spent on thought. */
  limit({ maxTokens, reasoningTokens }: CompletionRequest, spent?: LengthLimit): LengthLimit {
    const usual = this.#thinks ? (this.#reserveTokens ?? RESERVE_TOKENS) : 0;
    const reserveTokens =
      spent === undefined
        ? (reasoningTokens ?? usual)
        : Math.max(RESERVE_TOKENS, spent.reserveTokens) * RAISE;
    return { limitTokens: maxTokens + reserveTokens, reserveTokens };
  }

  /** To be called when the model has written so many tokens to answer within a raised limit. */
  needed({ reserveTokens }: LengthLimit, writtenTokens: number): void {
    const known = this.#reserveTokens ?? RESERVE_TOKENS;
    if (writtenTokens <= known) return;
    this.#reserveTokens = Math.max(known, Math.min(reserveTokens, MOST_TOKENS));
  }

  /** To be called when the model has shown that it thinks. */
  thought(): void {
    this.#thinks = true;
  }
}
