import { tokenCount } from "@millrace/extractive/token-count";
import type { ModelMessage } from "@millrace/shared";

/** What a server adds to each message, for its role and its ends. */
const MESSAGE_TOKENS = 8;
/** Longer texts are estimated, because the count would block the event loop. */
const COUNTED_CHARS = 64_000;

const textTokens = (text: string): number =>
  text.length <= COUNTED_CHARS ? tokenCount(text) : Math.ceil(Buffer.byteLength(text) / 4);

export interface InputTokens {
  readonly all: number;
  /** Without what servers add to the messages. */
  readonly text: number;
  /** The longest message's own text. */
  readonly longest: number;
}

/** Counts the tokens of messages as OpenAI's models would. */
export function inputTokens(messages: readonly ModelMessage[]): InputTokens {
  const counts = messages.map(({ content }) => textTokens(content));
  const text = counts.reduce((sum, count) => sum + count, 0);
  const all = text + counts.length * MESSAGE_TOKENS;
  return { all, text, longest: Math.max(0, ...counts) };
}

/** Returns more tokens than messages have, without counting them: a word has more than two bytes for each token. */
export const mostTokens = (messages: readonly ModelMessage[]): number =>
  messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) / 2 + MESSAGE_TOKENS, 0);

/** Whether most characters take several bytes: then the tokens of different models differ much. */
export const isMultiByte = (messages: readonly ModelMessage[]): boolean => {
  const text = messages.map(({ content }) => content).join("");
  return Buffer.byteLength(text) > text.length * 1.5;
};
