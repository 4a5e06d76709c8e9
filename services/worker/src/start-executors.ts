import { openDocumentStore } from "@millrace/documents";
import { documentPlaceOf, type Scope } from "@millrace/runtime";
import { BATCH_TYPE, limits, relayedCalls } from "@millrace/shared";
import type { Logger, WorkerMetrics } from "@millrace/telemetry";
import { attemptModels, type RunningWorker, startWorker } from "@millrace/worker-sdk";
import type { WorkerConfig } from "./config.ts";
import { documentReader } from "./documents/document-reader.ts";
import { recogniserOf } from "./documents/ocr/recogniser-of.ts";
import { batchExecutor } from "./executors/batch/batch.ts";
import { chatExecutor } from "./executors/chat.ts";
import { observeAttempts } from "./executors/observed.ts";
import { relayExecutor } from "./executors/relay.ts";
import { PART_TYPE, summarizeExecutor } from "./executors/summarize/summarize.ts";
import { summarizePartExecutor } from "./executors/summarize/summarize-part.ts";
import { observeCalls } from "./models/observe-calls.ts";
import { quoteInThreads } from "./models/quote.ts";
import { openWorkerModels, poolsOf } from "./models/worker-models.ts";
import { openThreadPool } from "./threads/thread-pool.ts";
import type { WorkerLink } from "./worker-link.ts";

/** Where the documents are if no setting says it. */
const DEFAULT_DIRECTORY = "./data/documents";

export interface ExecutorParts {
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly link: WorkerLink;
  readonly queues: readonly string[];
  /** The environment, in which an accounts file names secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Registers a listener for requests to read files again. */
  readonly onReload: (listener: () => void) => void;
}

/** Starts the worker that reads documents and calls models. */
export async function startExecutors(
  scope: Scope,
  config: WorkerConfig,
  { metrics, log, link, queues, env, onReload }: ExecutorParts,
): Promise<RunningWorker> {
  const { clock, random } = link;
  const { slots, guestSlots } = config;
  const place = documentPlaceOf(config) ?? { directory: DEFAULT_DIRECTORY };
  const store = await openDocumentStore({
    ...{ ...place, maxBytes: limits.documentBytes, clock, random },
  });
  const { threadCpuMs: cpuMs, threadMs: timeMs, threadMemoryMb: memoryMb } = config;
  const threadLimits = { cpuMs, timeMs, memoryMb };
  const threads = scope.use(openThreadPool({ ...threadLimits, threads: config.threads, clock }));
  const documentLimits = { pages: config.documentPages, characters: config.documentCharacters };
  const recognise = config.ocr === "off" ? undefined : recogniserOf(scope, config, clock);
  const readDocument = documentReader(store, threads, {
    ...{ limits: documentLimits, threadLimits, recognise },
  });
  const { models, known, accounts } = openWorkerModels(scope, config, {
    ...{ log, clock, quote: quoteInThreads(threads), env, onReload },
    onReplaced: (names) => worker.servePools(poolsOf(config, names)),
  });
  const bind = attemptModels(models, { clock, observe: observeCalls(metrics, known) });
  const observed = observeAttempts({
    ...{ metrics, log, clock, slots, serves: "jobs", workerId: link.workerId, models: bind },
  });
  const relayed = relayedCalls.map((call) => [call, observed(relayExecutor(call, store))]);
  const worker = startWorker({
    ...{ ...link, queues, pools: poolsOf(config, accounts), slots, guestSlots, models: bind },
    executors: {
      ...Object.fromEntries(relayed),
      summarize: observed(summarizeExecutor({ readDocument, threads })),
      [PART_TYPE]: observed(summarizePartExecutor({ threads })),
      chat: observed(chatExecutor),
      [BATCH_TYPE]: observed(batchExecutor(store, clock)),
    },
  });
  return worker;
}
