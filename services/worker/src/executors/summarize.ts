import { type Executor, NonRetryableError } from "@millrace/worker-sdk";
import pLimit from "p-limit";
import { z } from "zod";
import type { Provider } from "../providers/provider.ts";
import { type DocumentSource, documentText } from "./document-text.ts";
import { parsePayload } from "./payload.ts";
import { runCompletion } from "./run-completion.ts";
import { splitText } from "./split-text.ts";

const summarizePayload = z.strictObject({
  /** Of the summary. */
  maxTokens: z.int().min(16).max(8_192).default(512),
  /** Of one part that is summarised by itself. */
  partTokens: z.int().min(256).max(100_000).default(3_000),
  /** For a model, besides the standing instruction. */
  instruction: z.string().max(4_096).default(""),
});

export interface SummarizeParts {
  readonly provider: Provider;
  readonly documents: DocumentSource;
  /** How many parts of one job are summarised at a time. */
  readonly parallel: number;
}

const task = "Summarise the text in a few clear sentences. Add nothing that it does not say.";

/**
 * Summarises the job's documents: their text is cut into parts, each is summarised, and the parts'
 * summaries are summarised together. Streams the final summary. The result is
 * `{ summary, pages, parts }`.
 */
export function summarizeExecutor({ provider, documents, parallel }: SummarizeParts): Executor {
  return async (context) => {
    const { maxTokens, partTokens, instruction } = parsePayload(summarizePayload, context.payload);
    if (context.documentIds.length === 0) {
      throw new NonRetryableError("MALFORMED", "A summarize job needs at least one document.");
    }
    // One part that fails ends the others' calls.
    const others = new AbortController();
    const signal = AbortSignal.any([context.signal, others.signal]);
    const summarise = (text: string, tokens: number, piece: (text: string) => Promise<void>) => {
      const system = { role: "system" as const, content: `${task} ${instruction}`.trim() };
      const messages = [system, { role: "user" as const, content: text }];
      return runCompletion(context, provider, { messages, maxTokens: tokens, signal }, piece);
    };

    const texts: string[] = [];
    let pages = 0;
    for (const id of context.documentIds) {
      await context.progress(texts.length, context.documentIds.length, "reading documents");
      const content = await documents.read(id, context.keyId);
      if (content === undefined) {
        throw new NonRetryableError("DOCUMENT_NOT_FOUND", `There is no document ${id}.`);
      }
      const read = await documentText(content, context.signal);
      texts.push(read.text);
      pages += read.pages;
    }
    const parts = splitText(texts.join("\n\n"), partTokens);
    if (parts.length === 1) {
      const summary = await summarise(parts[0] ?? "", maxTokens, context.write);
      return { summary, pages, parts: 1 };
    }

    const limit = pLimit(parallel);
    // What all parts' summaries take together must fit one part, with a floor for a sentence or two.
    const share = Math.max(96, Math.floor(partTokens / parts.length));
    let done = 0;
    const partial = async (part: string) => {
      context.signal.throwIfAborted();
      const summary = await summarise(part, share, async () => undefined);
      done += 1;
      await context.progress(done, parts.length, "summarising parts");
      return summary;
    };
    const summaries = await Promise.all(parts.map((part) => limit(partial, part))).catch(
      (error: unknown) => {
        limit.clearQueue();
        others.abort(error);
        throw error;
      },
    );
    const summary = await summarise(summaries.join("\n\n"), maxTokens, context.write);
    return { summary, pages, parts: parts.length };
  };
}
