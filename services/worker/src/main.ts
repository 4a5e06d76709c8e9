import { openDocumentStore } from "@millrace/documents";
import { loadConfig, observe, readSchedulerTls, runMain } from "@millrace/runtime";
import { limits, systemClock, systemRandom } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { startWorker } from "@millrace/worker-sdk";
import { leaveMs, workerConfig } from "./config.ts";
import { documentReader } from "./documents/document-reader.ts";
import { chatExecutor } from "./executors/chat.ts";
import { summarizeExecutor } from "./executors/summarize.ts";
import { traced } from "./executors/traced.ts";
import { extractiveProvider } from "./providers/extractive.ts";
import { openAiProvider } from "./providers/openai.ts";
import { openThreadPool } from "./threads/thread-pool.ts";

const logger = createLogger("worker");
const clock = systemClock;
const random = systemRandom;
const config = loadConfig(workerConfig, process.env);

await runMain(
  async (scope) => {
    const { address } = await observe(scope, "worker", config, process.env);
    const { documents: directory, parallelParts: parallel } = config;
    const store = await openDocumentStore({
      ...{ directory, maxBytes: limits.documentBytes, clock, random },
    });
    const threadLimits = { timeMs: config.threadMs, memoryMb: config.threadMemoryMb };
    const threads = scope.use(openThreadPool({ ...threadLimits, threads: config.threads, clock }));
    const documentLimits = { pages: config.documentPages, characters: config.documentCharacters };
    const readDocument = documentReader(store, threads, documentLimits, threadLimits);
    const provider =
      config.provider === "extractive"
        ? extractiveProvider(threads)
        : openAiProvider({
            baseUrl: config.openAiUrl,
            apiKey: config.openAiKey,
            model: config.model,
            silenceMs: config.providerSilenceMs,
            clock,
          });
    const worker = startWorker({
      schedulerAddress: config.scheduler,
      ...(config.token === undefined ? {} : { token: config.token }),
      ...readSchedulerTls(config),
      ...{ workerId: config.workerId, queues: config.queues, pools: config.pools },
      ...{ slots: config.slots, clock, random },
      executors: {
        summarize: traced(summarizeExecutor({ provider, readDocument, threads, parallel })),
        chat: traced(chatExecutor(provider)),
      },
      log: (level, message, fields = {}) => logger[level](fields, message),
    });
    scope.defer(() => worker.drain(config.drainMs));
    logger.info({ worker_id: config.workerId, queues: config.queues, metrics: address }, "started");
  },
  { drainMs: config.drainMs + leaveMs, log: logger },
);
