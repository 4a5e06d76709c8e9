import { chatPayload } from "./chat.ts";
import { relayedPayloads } from "./relayed.ts";
import { summarizePayload } from "./summarize.ts";

export { chatPayload } from "./chat.ts";
export { reasoningTokens } from "./reasoning-tokens.ts";
export { relayedPayloads } from "./relayed.ts";
export { summarizePayload } from "./summarize.ts";

/** The payloads that callers write, by the job's type. */
export const payloads = {
  chat: chatPayload,
  summarize: summarizePayload,
  ...relayedPayloads,
} as const;
