import { summarizePayload } from "@millrace/job-types";
import {
  type AttemptContext,
  type ChildResult,
  type Executor,
  type FanOutResult,
  JobFailure,
  NonRetryableError,
} from "@millrace/worker-sdk";
import type { z } from "zod";
import type { DocumentReader } from "../../documents/document-reader.ts";
import type { ThreadPool } from "../../threads/thread-pool.ts";
import { isContextExceeded, retryable, smallerSize } from "../context-exceeded.ts";
import { parsePayload } from "../payload.ts";
import { type Document, languageOf, messagesFor } from "./prompts.ts";
import { type JobText, pagesOf, readDocuments } from "./read-documents.ts";
import { splitter } from "./split.ts";
import type { PartPayload } from "./summarize-part.ts";

type Payload = z.infer<typeof summarizePayload>;

export interface SummarizeOptions {
  readonly readDocument: DocumentReader;
  readonly threads: ThreadPool;
}

/** The type of the jobs that summarise one part each. */
export const PART_TYPE = "summarize-part";
/** The least length of a part's summary: a sentence or two. */
const leastTokens = 96;

const partsProgress = "summarising parts";

/** What a job that has fanned out knows of its documents, so that it need not read them again. */
interface Known extends Omit<Document, "instruction"> {
  readonly pages: number;
  readonly warnings: readonly string[];
  /** How many parts the documents were split into. A document of one part is read again after a fan-out. */
  readonly parts: number;
  /** For each round, how long its parts are at most, in tokens. */
  readonly sizes: readonly number[];
  /** For each part, the pages that it is on; absent if the documents have none. */
  readonly partPages?: readonly (readonly [first: number, last: number])[];
}

interface FailedPart {
  readonly part: number;
  readonly pages?: string;
  readonly reason: string;
  readonly message: string;
}

/**
 * Summarises the job's documents. It splits their text into parts, which are jobs of type summarize-part, and summarises
 * the parts' summaries together, in as many rounds as needed. It streams the final summary. The result is
 * `{ summary, pages, parts, failed_parts, warnings, finish_reason, model }`.
 */
export function summarizeExecutor(options: SummarizeOptions): Executor {
  return async (context) => {
    const payload = parsePayload(summarizePayload, context.payload);
    if (context.documentIds.length === 0) {
      throw new NonRetryableError("MALFORMED", "A summarize job needs at least one document.");
    }
    return new Summary(options, context, payload).run();
  };
}

class Summary {
  readonly #options: SummarizeOptions;
  readonly #context: AttemptContext;
  readonly #payload: Payload;
  readonly #split: ReturnType<typeof splitter>;
  /** What the run before the fan-out has found; undefined in a run that reads the documents. */
  #known: Known | undefined;

  constructor(options: SummarizeOptions, context: AttemptContext, payload: Payload) {
    this.#options = options;
    this.#context = context;
    this.#payload = payload;
    this.#split = splitter(options.threads, context);
    // A checkpoint may be older than the fan-out that it is for: then the documents are read again.
    this.#known = context.lastCheckpoint as Known | undefined;
  }

  async run() {
    const { parts, texts, failed } = await this.#firstRound();
    const last = await this.#lastRounds(texts);
    const { pages, warnings } = this.#facts();
    return {
      ...{ summary: last.text, pages, parts, failed_parts: failed, warnings },
      ...{ finish_reason: last.finishReason, model: last.model },
    };
  }

  #facts(): Known {
    if (this.#known === undefined) throw new Error("the documents have not been read");
    return this.#known;
  }

  /** Summarises the parts of the documents, if they have several. */
  async #firstRound() {
    const { partTokens, maxFailedPercent } = this.#payload;
    let parts: readonly string[] | undefined;
    if (this.#known === undefined || this.#known.parts === 1) {
      parts = await this.#read(partTokens);
      if (parts.length === 1) return { parts: 1, texts: parts, failed: [] };
      await this.#context.checkpoint(this.#facts());
      await this.#context.progress(0, parts.length, partsProgress);
    }
    const jobs = async () => this.#jobs(parts ?? (await this.#read(partTokens)), partTokens);
    const result = await this.#context.fanOut(jobs, { rule: 100 - maxFailedPercent });
    const failed = result.children.flatMap((child) => this.#failedPart(child));
    if (!result.met) throw this.#tooManyFailed(result, failed);
    const { length } = result.children;
    await this.#context.progress(length, length, partsProgress);
    return { parts: length, texts: summariesOf(result), failed };
  }

  /** Reads the documents, and splits their text. */
  async #read(partTokens: number): Promise<readonly string[]> {
    const { readDocument } = this.#options;
    const read = await readDocuments(this.#context, readDocument);
    const parts = await this.#split(read.text, partTokens);
    const { names, pages, warnings } = read;
    this.#known = {
      ...{ names, pages, warnings, language: languageOf(read.text), parts: parts.length },
      sizes: this.#known?.sizes ?? [partTokens],
      ...partPagesOf(read, parts),
    };
    return parts;
  }

  #jobs(texts: readonly string[], size: number) {
    const { instruction, reasoningTokens } = this.#payload;
    const { names, language } = this.#facts();
    // The summaries of all parts together should fit into one part.
    const share = Math.floor(size / (texts.length * 1.1));
    const maxTokens = Math.min(8_192, Math.max(leastTokens, share));
    return texts.map((text, at) => {
      const place = { part: at + 1, parts: texts.length };
      const payload: PartPayload = {
        ...{ text, ...place, maxTokens, names: [...names], instruction },
        ...(language === undefined ? {} : { language }),
        ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
      };
      return { type: PART_TYPE, payload };
    });
  }

  /** Summarises the summaries of parts together. If they are too long for one call, they are parts of a further round. */
  async #lastRounds(first: readonly string[]) {
    const { maxTokens, reasoningTokens, instruction } = this.#payload;
    let texts = first;
    let written = false;
    const write = async (piece: string) => {
      written = true;
      await this.#context.write(piece);
    };
    let shortest = Number.POSITIVE_INFINITY;
    for (let round = 1; ; round += 1) {
      const joined = texts.join("\n\n");
      let size = this.#facts().sizes[round];
      if (size === undefined) {
        const parts = await this.#split(joined, this.#size());
        // If a provider does not shorten the text, the rounds would never end, so the last one takes all of it.
        if (parts.length === 1 || parts.length >= texts.length) {
          const document = { ...this.#facts(), instruction };
          const messages = messagesFor(joined, maxTokens, document);
          try {
            const request = { messages, maxTokens, reasoningTokens };
            return await this.#context.models.complete(request, write);
          } catch (error) {
            size = Math.min(this.#size(), smallerSize(error));
            // What is written cannot be taken back, but another attempt replaces it.
            if (written && isContextExceeded(error)) throw retryable(error);
            // A provider that does not shorten the text would never make it fit.
            if (joined.length >= shortest) throw error;
          }
        } else size = this.#size();
        await this.#remember(size);
      }
      shortest = joined.length;
      const partsSize = size;
      const jobs = async () => this.#jobs(await this.#split(joined, partsSize), partsSize);
      const result = await this.#context.fanOut(jobs);
      if (!result.met) throw this.#tooManyFailed(result, []);
      texts = summariesOf(result);
    }
  }

  /** How long a part may be: a model may have refused longer ones. */
  #size(): number {
    return this.#facts().sizes.at(-1) ?? this.#payload.partTokens;
  }

  async #remember(size: number): Promise<void> {
    const known = this.#facts();
    this.#known = { ...known, sizes: [...known.sizes, size] };
    await this.#context.checkpoint(this.#known);
  }

  #failedPart({ index, state, failure }: ChildResult): FailedPart[] {
    if (state === "SUCCEEDED") return [];
    const pages = this.#facts().partPages?.[index - 1];
    const { reason = state, message = `The part was ${state.toLowerCase()}.` } = failure ?? {};
    return [{ part: index, ...(pages ? { pages: rangeOf(pages) } : {}), reason, message }];
  }

  /** The failure of a job that lost more of its parts than it may. It names the first of them. */
  #tooManyFailed({ children }: FanOutResult, failed: readonly FailedPart[]): JobFailure {
    const lost = failed.filter(({ reason }) => reason !== "CANCELLED");
    const first = lost[0] ?? failed[0];
    const { maxFailedPercent } = this.#payload;
    if (first === undefined) {
      const child = children.find(({ failure }) => failure && failure.reason !== "CANCELLED");
      const { reason = "CHILDREN_FAILED", message = "" } = child?.failure ?? {};
      return new JobFailure(reason, `The summaries could not be put together: ${message}`, false);
    }
    const pages = first.pages?.includes("–") ? "pages" : "page";
    const where = first.pages === undefined ? "" : ` (${pages} ${first.pages})`;
    const message =
      `${lost.length} of ${children.length} parts could not be summarised, and at most ${maxFailedPercent} % may fail ` +
      `(maxFailedPercent). The first is part ${first.part}${where}: ${first.message}`;
    return new JobFailure(first.reason, message, false);
  }
}

const rangeOf = ([first, last]: readonly [number, number]): string =>
  first === last ? String(first) : `${first}–${last}`;

/** The summaries of the children that succeeded, in order. */
const summariesOf = ({ children }: FanOutResult): string[] =>
  children.flatMap(({ result }) => {
    const { summary } = (result ?? {}) as { readonly summary?: unknown };
    return typeof summary === "string" ? [summary] : [];
  });

function partPagesOf({ pageStarts }: JobText, parts: readonly string[]): Pick<Known, "partPages"> {
  let from = 0;
  const partPages: (readonly [number, number])[] = [];
  for (const part of parts) {
    const pages = pagesOf(pageStarts, from, from + part.length);
    if (pages === undefined) return {};
    partPages.push(pages);
    from += part.length;
  }
  return { partPages };
}
