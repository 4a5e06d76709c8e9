import { cutBytes, limits, type WebhookAnswer } from "@millrace/shared";
import type { PostAnswer } from "./post.ts";

/** An answer of this length fits into the details of a failure, even if JSON escapes each of its characters. */
const ESCAPED_BYTES = 960;

/** What a courier reports of a request, in the length that the details of a failure may have. */
export function shownAnswer(answer: PostAnswer | undefined, latencyMs: number): WebhookAnswer {
  if (answer === undefined) return { latency_ms: latencyMs };
  const { status, text } = answer;
  const head = { status, latency_ms: latencyMs };
  if (text === "") return head;
  const shown = { ...head, answer: text };
  const fits = Buffer.byteLength(JSON.stringify(shown)) <= limits.failureDetailsBytes;
  return fits ? shown : { ...head, answer: cutBytes(text, ESCAPED_BYTES) };
}
