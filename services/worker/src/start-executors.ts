import { openDocumentStore } from "@millrace/documents";
import { documentPlaceOf, keepSecret, type Scope } from "@millrace/runtime";
import { limits } from "@millrace/shared";
import type { Logger, WorkerMetrics } from "@millrace/telemetry";
import { type RunningWorker, startWorker } from "@millrace/worker-sdk";
import { secretSources, type WorkerConfig } from "./config.ts";
import { documentReader } from "./documents/document-reader.ts";
import { recogniserOf } from "./documents/ocr/recogniser-of.ts";
import { chatExecutor } from "./executors/chat.ts";
import { observeAttempts } from "./executors/observed.ts";
import { completionRunner } from "./executors/run-completion.ts";
import { PART_TYPE, summarizeExecutor } from "./executors/summarize/summarize.ts";
import { summarizePartExecutor } from "./executors/summarize/summarize-part.ts";
import { configuredProvider } from "./providers/configured-provider.ts";
import { openThreadPool } from "./threads/thread-pool.ts";
import type { WorkerLink } from "./worker-link.ts";

/** Where the documents are if no setting says it. */
const DEFAULT_DIRECTORY = "./data/documents";

export interface ExecutorParts {
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly link: WorkerLink;
  readonly queues: readonly string[];
}

/** Starts the worker that reads documents and calls models. */
export async function startExecutors(
  scope: Scope,
  config: WorkerConfig,
  { metrics, log, link, queues }: ExecutorParts,
): Promise<RunningWorker> {
  const { clock, random } = link;
  const { slots, guestSlots, pools } = config;
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
  const apiKey = keepSecret(scope, secretSources(config).openAiKey, {
    ...{ clock, log, everyMs: config.secretsReloadMs },
  });
  const provider = configuredProvider(config, {
    ...{ threads, apiKey: () => apiKey?.current ?? "" },
    onLesson: (lesson) => log.warn(lesson, "the provider has shown a quirk"),
    onContext: (tokens) => {
      log.warn({ context_tokens: tokens }, "the provider has shown the model's context");
    },
  });
  const complete = completionRunner(provider, { metrics, clock, accounts: pools });
  const observed = observeAttempts({
    ...{ metrics, log, clock, slots, serves: "jobs", workerId: link.workerId },
  });
  return startWorker({
    ...{ ...link, queues, pools, slots, guestSlots },
    executors: {
      summarize: observed(
        summarizeExecutor({ complete, readDocument, threads, model: provider.model }),
      ),
      [PART_TYPE]: observed(summarizePartExecutor({ complete, threads })),
      chat: observed(chatExecutor(complete)),
    },
  });
}
