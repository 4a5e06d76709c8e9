import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { openDocumentStore } from "@millrace/documents";
import { extractiveProvider } from "@millrace/models";
import {
  type Clock,
  systemClock as clock,
  type KeyId,
  type ModelProvider,
  newDocumentId,
  systemRandom as random,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import {
  type AttemptContext,
  attemptModels,
  type BindModels,
  type Children,
  type Executor,
  type FanOutOptions,
  type FanOutResult,
  JobFailure,
  type SettledAttempt,
  type UsageDelta,
  WaitingForChildren,
} from "@millrace/worker-sdk";
import PDFDocument from "pdfkit";
import { onTestFinished } from "vitest";
import { documentReader } from "../src/documents/document-reader.ts";
import type { DocumentLimits } from "../src/documents/document-reading.ts";
import { recogniserOf } from "../src/documents/ocr/recogniser-of.ts";
import { type SummarizeOptions, summarizeExecutor } from "../src/executors/summarize/summarize.ts";
import { summarizePartExecutor } from "../src/executors/summarize/summarize-part.ts";
import { observeCalls } from "../src/models/observe-calls.ts";
import { quoteInThreads } from "../src/models/quote.ts";
import { openThreadPool, type ThreadPool } from "../src/threads/thread-pool.ts";

export const keyId = "aaaa" as KeyId;

export async function makePdf(
  draw: (pdf: PDFKit.PDFDocument) => void,
  options: PDFKit.PDFDocumentOptions = {},
): Promise<Buffer> {
  const pdf = new PDFDocument(options);
  draw(pdf);
  pdf.end();
  return buffer(pdf);
}

export interface ThreadChange {
  readonly threads?: number;
  readonly cpuMs?: number;
  readonly timeMs?: number;
  readonly memoryMb?: number;
  readonly clock?: Clock;
}

export function openThreads(change: ThreadChange = {}) {
  const limits = { threads: 2, cpuMs: 60_000, timeMs: 60_000, memoryMb: 256, ...change };
  const threads = openThreadPool({ clock, ...limits });
  onTestFinished(() => threads.close());
  return { threads, limits };
}

export interface OcrChange {
  readonly pages?: number;
  readonly pageMs?: number;
}

function recogniser({ pages = 100, pageMs = 120_000 }: OcrChange) {
  const settings = { ocrLanguages: ["eng"], ocrThreads: 1, ocrPages: pages };
  const scope: Parameters<typeof recogniserOf>[0] = {
    use(part) {
      onTestFinished(() => (part as unknown as ThreadPool).close());
      return part as never;
    },
  };
  return recogniserOf(scope, { ...settings, ocrPageMs: pageMs, ocrMemoryMb: 512 }, clock);
}

/** Documents on disk, read by real threads. */
export async function openDocuments(
  change: {
    readonly threads?: ThreadChange;
    readonly limits?: Partial<DocumentLimits>;
    readonly ocr?: OcrChange;
  } = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-documents-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = await openDocumentStore({ directory, maxBytes: 2 ** 26, clock, random });
  const { threads, limits: threadLimits } = openThreads(change.threads);
  const limits = { pages: 100, characters: 1_000_000, ...change.limits };
  let puts = 0;
  /** Stores a document as it is, without the gateway's checks. */
  const put = async (name: string, contentType: string, content: Uint8Array) => {
    puts += 1;
    // The same content would be the same document.
    const stored = Readable.from([Buffer.from(`text ${puts}`)]);
    const outcome = await store.put(keyId, { name }, stored);
    if (outcome.kind !== "stored") throw new Error(outcome.kind);
    const { document } = outcome;
    const { length: sizeBytes } = content;
    await writeFile(join(directory, document.id), content);
    await writeFile(
      join(directory, `${document.id}.json`),
      JSON.stringify({ ...document, contentType, sizeBytes }),
    );
    return document.id;
  };
  const recognise = change.ocr === undefined ? undefined : recogniser(change.ocr);
  const readDocument = documentReader(store, threads, { limits, threadLimits, recognise });
  return { put, store, threads, readDocument };
}

export const quotingProvider = (threads: ThreadPool) =>
  extractiveProvider(quoteInThreads(threads), { clock });

/** Calls this provider, whichever account and model an attempt names. */
export const modelsOf = (provider: ModelProvider): BindModels =>
  attemptModels(
    { provider: () => provider },
    { clock, observe: observeCalls(createMetrics("worker"), []) },
  );

/** Runs an executor as the SDK would, with these models. */
export const withModels =
  (models: BindModels, executor: Executor): Executor =>
  (context) =>
    executor({ ...context, models: models(context) });

export const noDocument = newDocumentId(1_764_000_000_000, random);

/** An attempt as its executor sees it, with what it wrote and reported. */
export function attempt(payload: unknown, documentIds: readonly string[] = []) {
  const written: string[] = [];
  const data: string[] = [];
  const storedDocuments: { name: string; contentType: string; text: string }[] = [];
  const progress: string[] = [];
  const used: UsageDelta[] = [];
  const stop = new AbortController();
  const settled = Promise.withResolvers<SettledAttempt | undefined>();
  const context: AttemptContext = {
    ...{ jobId: "j", queue: "documents", type: "summarize", attempt: 1, maxAttempts: 1, payload },
    ...{
      documentIds,
      keyId,
      pool: "openai/m",
      account: "",
      providerModel: "",
      labels: {},
      deadlineMs: undefined,
      scheduleId: undefined,
      scheduleDueMs: undefined,
    },
    ...{ startedMs: clock.nowMs(), traceparent: "", tracestate: "", signal: stop.signal },
    addUsage: (usage) => void used.push(usage),
    write: async (text) => void written.push(text),
    writeData: async (bytes) => void data.push(Buffer.from(bytes).toString()),
    progress: async (done, total, message) => void progress.push(`${done}/${total} ${message}`),
    ...{ resumed: undefined, lastCheckpoint: undefined, finalizesGroupId: undefined },
    fanOut: () => Promise.reject(new Error("no fan-out in this test")),
    fanOutMany: () => Promise.reject(new Error("no fan-out in this test")),
    children: () => Readable.from([]),
    checkpoint: async () => undefined,
    readDocument: () => {
      throw new Error("the shipped executors read documents from the store");
    },
    storeDocument: async (document) => {
      const { content, name = "document", contentType = "text/plain" } = document;
      const bytes = Buffer.from(content as string);
      storedDocuments.push({ name, contentType, text: bytes.toString() });
      const id = noDocument;
      return { id, name, contentType, sizeBytes: bytes.length, sha256: "", existing: false };
    },
    models: {
      complete: () => Promise.reject(new Error("no models in this test")),
      embed: () => Promise.reject(new Error("no models in this test")),
      relay: () => Promise.reject(new Error("no models in this test")),
      stream: () => {
        throw new Error("no models in this test");
      },
    },
    settled: settled.promise,
    log: () => undefined,
  };
  return { context, settled, written, data, storedDocuments, progress, used, stop };
}

/**
 * The summarize executor, whose parts run here at once and are not tried again. After a fan-out it runs again from its
 * beginning, with its checkpoint, as under the SDK. The tests in test/ prove it with a scheduler, which runs parts in any
 * worker, and again after failures.
 */
export function summarizing({
  models,
  ...options
}: SummarizeOptions & { readonly models: BindModels }): Executor {
  const execute = withModels(models, summarizeExecutor(options));
  const runPart = withModels(models, summarizePartExecutor(options));
  return async (context) => {
    const done: FanOutResult[] = [];
    let saved = context.lastCheckpoint;
    const run = async (children: Children, { rule = "all" }: FanOutOptions) => {
      const jobs = typeof children === "function" ? await children() : children;
      const results = await Promise.all(
        jobs.map(async ({ payload }, at): Promise<FanOutResult["children"][number]> => {
          const of = { index: at + 1, jobId: `part ${at + 1}` };
          try {
            const result = await runPart({ ...context, payload });
            return { ...of, state: "SUCCEEDED", result };
          } catch (error) {
            if (!(error instanceof JobFailure) || error.retryable) throw error;
            const { reason, message, retryable } = error;
            return { ...of, state: "FAILED", failure: { reason, message, retryable } };
          }
        }),
      );
      const succeeded = results.filter(({ state }) => state === "SUCCEEDED").length;
      const least = typeof rule === "number" ? rule : 100;
      const met = succeeded * 100 >= least * results.length;
      const state = met ? ("SUCCEEDED" as const) : ("FAILED" as const);
      done.push({ met, state, groupId: "g", children: results });
    };
    for (;;) {
      let made = 0;
      const fanOut: AttemptContext["fanOut"] = async (children, fanOutOptions = {}) => {
        made += 1;
        const known = done[made - 1];
        if (known !== undefined) return known;
        await run(children, fanOutOptions);
        throw new WaitingForChildren(done.at(-1)?.children.length ?? 0);
      };
      const checkpoint = async (value: unknown) => {
        saved = JSON.parse(JSON.stringify(value));
      };
      try {
        return await execute({ ...context, fanOut, checkpoint, lastCheckpoint: saved });
      } catch (error) {
        if (!(error instanceof WaitingForChildren)) throw error;
      }
    }
  };
}
