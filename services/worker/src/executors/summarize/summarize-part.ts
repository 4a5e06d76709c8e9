import { reasoningTokens } from "@millrace/job-types";
import type { AttemptContext, Executor } from "@millrace/worker-sdk";
import { z } from "zod";
import type { ThreadPool } from "../../threads/thread-pool.ts";
import { smallerSize } from "../context-exceeded.ts";
import { parsePayload } from "../payload.ts";
import { messagesFor } from "./prompts.ts";
import { splitter } from "./split.ts";

/** The payload of a summarize-part job: what `summarize` hands over. */
export const partPayload = z.strictObject({
  text: z.string(),
  part: z.int().min(1),
  parts: z.int().min(1),
  /** The length of the summary. */
  maxTokens: z.int().min(16).max(8_192),
  names: z.array(z.string()),
  language: z.string().optional(),
  instruction: z.string().default(""),
  reasoningTokens,
});
export type PartPayload = z.infer<typeof partPayload>;

export interface PartOptions {
  readonly threads: ThreadPool;
}

/** Summarises one part of a document. The result is `{ summary }`. */
export function summarizePartExecutor({ threads }: PartOptions): Executor {
  return async (context) => {
    const payload = parsePayload(partPayload, context.payload);
    const split = splitter(threads, context);
    const { text } = payload;
    return { summary: await shorten(text, payload, { context, split }) };
  };
}

interface Shortening {
  readonly context: AttemptContext;
  readonly split: (text: string, maxTokens: number) => Promise<string[]>;
}

/** Summarises a text in one call, or in smaller pieces if the model does not take it whole. */
async function shorten(text: string, payload: PartPayload, parts: Shortening): Promise<string> {
  const { maxTokens, reasoningTokens } = payload;
  const messages = messagesFor(text, maxTokens, payload, payload);
  try {
    const request = { messages, maxTokens, reasoningTokens };
    return (await parts.context.models.complete(request)).text;
  } catch (error) {
    const pieces = await parts.split(text, smallerSize(error));
    if (pieces.length < 2) throw error;
    const each = { ...payload, maxTokens: Math.max(16, Math.floor(maxTokens / pieces.length)) };
    const summaries: string[] = [];
    for (const piece of pieces) summaries.push(await shorten(piece, each, parts));
    return summaries.join("\n\n");
  }
}
