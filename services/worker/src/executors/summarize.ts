import { type AttemptContext, type Executor, NonRetryableError } from "@millrace/worker-sdk";
import pLimit from "p-limit";
import { z } from "zod";
import type { DocumentReader } from "../documents/document-reader.ts";
import type { ThreadPool } from "../threads/thread-pool.ts";
import { ContextExceeded, retryable, smallerSize } from "./context-exceeded.ts";
import { parsePayload, reasoningTokens } from "./payload.ts";
import type { RunCompletion } from "./run-completion.ts";

const summarizePayload = z.strictObject({
  /** The length of the summary. */
  maxTokens: z.int().min(16).max(8_192).default(512),
  /** The length of a part that is summarised by itself. */
  partTokens: z.int().min(256).max(100_000).default(3_000),
  /** An additional instruction for a model. */
  instruction: z.string().max(4_096).default(""),
  reasoningTokens,
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
 * together, in as many rounds as needed. It streams the final summary. The result is
 * `{ summary, pages, parts, finish_reason }`.
 */
export function summarizeExecutor(parts: SummarizeParts): Executor {
  const { complete, threads, parallel } = parts;
  return async (context) => {
    const payload = parsePayload(summarizePayload, context.payload);
    const { maxTokens, partTokens, instruction, reasoningTokens } = payload;
    if (context.documentIds.length === 0) {
      throw new NonRetryableError("MALFORMED", "A summarize job needs at least one document.");
    }
    const { text, pages, warnings } = await readAll(context, parts.readDocument);
    const { signal, keyId: key } = context;
    const onSpent = (computeMs: number) => context.addUsage({ computeMs });
    const split = async (whole: string, maxTokens: number) => {
      const input = { text: whole, maxTokens };
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
      const lengths = { maxTokens: tokens, reasoningTokens };
      return complete(context, { messages, ...lengths, signal }, piece);
    };

    let size = partTokens;
    /** Summarises a part, in smaller pieces if the model does not take it whole. */
    const shorten = async (part: string, signal: AbortSignal): Promise<string> => {
      const summaries: string[] = [];
      const pieces = size < partTokens ? await split(part, size) : [part];
      for (const piece of pieces) {
        try {
          const share = Math.max(leastTokens, Math.floor(size / (round.length * 1.1)));
          summaries.push((await summarise(piece, share, signal, async () => undefined)).text);
        } catch (error) {
          size = Math.min(size, smallerSize(error));
          summaries.push(await shorten(piece, signal));
        }
      }
      return summaries.join("\n\n");
    };
    /** Summarises the parts of a round, and their summaries, until one text is left. */
    const condense = async (): Promise<string> => {
      while (round.length > 1) {
        const done = (n: number, total: number) => context.progress(n, total, "summarising parts");
        const summaries = await inParallel(round, shorten, {
          parallel,
          done,
          signal: context.signal,
        });
        const next = await split(summaries.join("\n\n"), size);
        // If a provider does not shorten the text, the rounds would never end, so the last one takes all of it.
        round = next.length < round.length ? next : [next.join("")];
      }
      return round[0] ?? "";
    };

    let round = await split(text, size);
    const count = round.length;
    let written = false;
    const write = async (piece: string) => {
      written = true;
      await context.write(piece);
    };
    for (let shortest = Number.POSITIVE_INFINITY; ; ) {
      const rest = await condense();
      try {
        const last = await summarise(rest, maxTokens, context.signal, write);
        return { summary: last.text, pages, parts: count, finish_reason: last.finishReason };
      } catch (error) {
        size = Math.min(size, smallerSize(error));
        // What is written cannot be taken back, but another attempt replaces it.
        if (written && error instanceof ContextExceeded) throw retryable(error);
        // A provider that does not shorten the text would never make it fit.
        if (rest.length >= shortest) throw error;
        shortest = rest.length;
        round = await split(rest, size);
      }
    }
  };
}

async function readAll(context: AttemptContext, readDocument: DocumentReader) {
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
