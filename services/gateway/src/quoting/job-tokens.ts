import { chatPayload, summarizePayload } from "@millrace/job-types";
import { ANSWER_TOKENS, relayedRequest } from "@millrace/shared";
import { summaryTokens } from "./summary-tokens.ts";
import { exactly, type JobTokens, plus, type TokenRange, tokensOfBytes } from "./token-range.ts";

/** How long an answer may be that its request does not limit. The scheduler knows what the model writes at most. */
const UNLIMITED_ANSWER_TOKENS = 32_768;

/** The types whose documents are counted. */
export const countsDocuments = (type: string): boolean =>
  type === "summarize" || relayedRequest(type, "{}") !== undefined;

/**
 * Counts the tokens of a job of a built-in type. Returns undefined for other types, and for payloads that their executor
 * would refuse. `documents` are the tokens of its documents' text together.
 */
export function jobTokens(
  type: string,
  payloadJson: string,
  documents: TokenRange,
): JobTokens | undefined {
  if (type === "chat") return chatTokens(payloadJson);
  if (type === "summarize") {
    const payload = summarizePayload.safeParse(JSON.parse(payloadJson));
    return payload.success ? summaryTokens(payload.data, documents) : undefined;
  }
  const request = relayedRequest(type, payloadJson);
  if (request === undefined) return undefined;
  const { inputTokens, answers, mostAnswerTokens } = request;
  // Files in the request count as about a thousand tokens each, so only text varies.
  const text = tokensOfBytes(inputTokens * 4);
  const basis =
    answers === 0
      ? "the request's text"
      : mostAnswerTokens === undefined
        ? "the request's text, which does not limit its answer"
        : "the request's text, and the longest answer that it allows";
  return { input: plus(text, documents), output: answersOf(answers, mostAnswerTokens), basis };
}

function answersOf(answers: number, most: number | undefined): TokenRange {
  if (answers === 0) return exactly(0);
  const one =
    most === undefined
      ? { low: 1, likely: ANSWER_TOKENS, high: UNLIMITED_ANSWER_TOKENS }
      : { low: 1, likely: Math.ceil(most / 2), high: most };
  return { low: answers, likely: answers * one.likely, high: answers * one.high };
}

function chatTokens(payloadJson: string): JobTokens | undefined {
  const payload = chatPayload.safeParse(JSON.parse(payloadJson));
  if (!payload.success) return undefined;
  const { messages, maxTokens, reasoningTokens = 0 } = payload.data;
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const most = maxTokens + reasoningTokens;
  return {
    // Models add a few tokens to each message.
    input: plus(tokensOfBytes(bytes), exactly(4 * messages.length)),
    output: { low: 1, likely: Math.ceil(most / 2), high: most },
    basis: "the messages' text, and the longest answer that the job allows",
  };
}
