import { tokenCount } from "../../text/token-count.ts";
import type { Message } from "../provider.ts";

/** What a server adds to each message, for its role and its ends. */
const MESSAGE_TOKENS = 8;
/** Longer texts are estimated, because the count would block the event loop. */
const COUNTED_CHARS = 64_000;

const textTokens = (text: string): number =>
  text.length <= COUNTED_CHARS ? tokenCount(text) : Math.ceil(Buffer.byteLength(text) / 4);

export interface InputTokens {
  readonly all: number;
  /** The longest message's own text. */
  readonly longest: number;
}

/** Counts the tokens of messages as OpenAI's models would. */
export function inputTokens(messages: readonly Message[]): InputTokens {
  const counts = messages.map(({ content }) => textTokens(content));
  const all = counts.reduce((sum, count) => sum + count + MESSAGE_TOKENS, 0);
  return { all, longest: Math.max(0, ...counts) };
}

/** Returns more tokens than messages have, without counting them: a word has more than two bytes for each token. */
export const mostTokens = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) / 2 + MESSAGE_TOKENS, 0);
