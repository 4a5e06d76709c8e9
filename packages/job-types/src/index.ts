import { chatPayload } from "./chat.ts";
import { relayedPayloads } from "./relayed.ts";
import { summarizePayload } from "./summarize.ts";

export {
  type BatchCost,
  type BatchError,
  type BatchPayload,
  type BatchResult,
  type BatchUsage,
  batchEndMs,
  batchEndpoints,
  batchPayload,
  isBatchEndpoint,
} from "./batches.ts";
export { chatPayload } from "./chat.ts";
export { documentOfResult } from "./document-reference.ts";
export { estimatedTokens } from "./estimated-tokens.ts";
export { documentsIn, withFiles } from "./file-references.ts";
export { answerOfJob, errorTypeOf } from "./job-answer.ts";
export { reasoningTokens } from "./reasoning-tokens.ts";
export { relayedPayloads } from "./relayed.ts";
export { summarizePayload } from "./summarize.ts";

/** The payloads that callers write, by the job's type. */
export const payloads = {
  chat: chatPayload,
  summarize: summarizePayload,
  ...relayedPayloads,
} as const;
