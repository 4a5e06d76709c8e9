import { type ExecutionContext, type Executor, NonRetryableError } from "@millrace/worker-sdk";
import pLimit from "p-limit";
import { z } from "zod";
import type { DocumentReader } from "../documents/document-reader.ts";
import type { ThreadPool } from "../threads/thread-pool.ts";
import { parsePayload } from "./payload.ts";
import type { RunCompletion } from "./run-completion.ts";

const summarizePayload = z.strictObject({
  /** The length of the summary. */
  maxTokens: z.int().min(16).max(8_192).default(512),
  /** The length of a part that is summarised by itself. */
  partTokens: z.int().min(256).max(100_000).default(3_000),
  /** An additional instruction for a model. */
  instruction: z.string().max(4_096).default(""),
});

export interface SummarizeParts {
  readonly complete: RunCompletion;
  readonly readDocument: DocumentReader;
  readonly threads: ThreadPool;
  /** How many parts of one job are summarised at once. */
  readonly parallel: number;
}

const task = "Summarise the text in a few clear sentences. Add nothing that it does not say.";
/** The least length of a part's summary: a sentence or two. */
const leastTokens = 96;
/** The most warnings of a result, whose size is limited. */
const mostWarnings = 20;

/**
 * Summarises the job's documents. It splits their text into parts, summarises each, and summarises the parts' summaries
 * together, in as many rounds as needed. It streams the final summary. The result is `{ summary, pages, parts }`,
 * and `warnings` if some of the documents could not be read.
 */
export function summarizeExecutor(parts: SummarizeParts): Executor {
  const { complete, threads, parallel } = parts;
  return async (context) => {
    const { maxTokens, partTokens, instruction } = parsePayload(summarizePayload, context.payload);
    if (context.documentIds.length === 0) {
      throw new NonRetryableError("MALFORMED", "A summarize job needs at least one document.");
    }
    const { text, pages, warnings } = await readAll(context, parts.readDocument);
    const { signal, keyId: key } = context;
    const onSpent = (computeMs: number) => context.addUsage({ computeMs });
    const split = async (whole: string) => {
      const input = { text: whole, maxTokens: partTokens };
      const outcome = await threads.run("splitText", () => ({ input }), { signal, key, onSpent });
      if (outcome.kind === "done") return outcome.value;
      throw new NonRetryableError(
        "TOO_LARGE",
        "The text is too long to be split into parts: submit shorter documents.",
      );
    };
    const system = { role: "system" as const, content: `${task} ${instruction}`.trim() };
    const summarise = (
      content: string,
      tokens: number,
      signal: AbortSignal,
      piece: (text: string) => Promise<void>,
    ) => {
      const messages = [system, { role: "user" as const, content }];
      return complete(context, { messages, maxTokens: tokens, signal }, piece);
    };

    let round = await split(text);
    const count = round.length;
    while (round.length > 1) {
      // The summaries of all parts together should fit into one part.
      const share = Math.max(leastTokens, Math.floor(partTokens / (round.length * 1.1)));
      const done = (n: number, total: number) => context.progress(n, total, "summarising parts");
      const shorten = (part: string, signal: AbortSignal) =>
        summarise(part, share, signal, async () => undefined);
      const summaries = await inParallel(round, shorten, {
        parallel,
        done,
        signal: context.signal,
      });
      const next = await split(summaries.join("\n\n"));
      // If a provider does not shorten the text, the rounds would never end, so the last one takes all of it.
      round = next.length < round.length ? next : [next.join("")];
    }
    const summary = await summarise(round[0] ?? "", maxTokens, context.signal, context.write);
    const result = { summary, pages, parts: count };
    return warnings.length === 0 ? result : { ...result, warnings };
  };
}

async function readAll(context: ExecutionContext, readDocument: DocumentReader) {
  const { documentIds, keyId, signal } = context;
  const texts: string[] = [];
  const warnings: string[] = [];
  let pages = 0;
  await context.progress(0, documentIds.length, "reading documents");
  for (const [index, id] of documentIds.entries()) {
    const what = `reading pages of document ${index + 1} of ${documentIds.length}`;
    const onProgress = (done: number, total: number) => void context.progress(done, total, what);
    const onSpent = (computeMs: number) => context.addUsage({ computeMs });
    const read = await readDocument(id, keyId, { signal, onProgress, onSpent });
    texts.push(read.text);
    pages += read.pages;
    const which = documentIds.length > 1 ? `Document ${index + 1}: ` : "";
    for (const warning of read.warnings ?? []) {
      if (warnings.length < mostWarnings) warnings.push(`${which}${warning}`);
    }
  }
  return { text: texts.join("\n\n"), pages, warnings };
}

interface InParallelOptions {
  readonly parallel: number;
  readonly signal: AbortSignal;
  done(count: number, total: number): Promise<void>;
}

/**
 * Runs some items at a time, and returns the results in order. The first failure stops the others, and is thrown when
 * all have ended.
 */
async function inParallel(
  items: readonly string[],
  run: (item: string, signal: AbortSignal) => Promise<string>,
  { parallel, signal, done }: InParallelOptions,
): Promise<string[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = pLimit(parallel);
  let count = 0;
  const one = async (item: string) => {
    try {
      either.throwIfAborted();
      const result = await run(item, either);
      count += 1;
      await done(count, items.length);
      return result;
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const ended = await Promise.allSettled(items.map((item) => limit(one, item)));
  either.throwIfAborted();
  return ended.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
}
