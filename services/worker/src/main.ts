import { openDocumentStore } from "@millrace/documents";
import {
  dependOn,
  firstToken,
  keepSchedulerCertificates,
  keepSecret,
  loadConfig,
  observe,
  runMain,
} from "@millrace/runtime";
import { limits, steadyClock, systemRandom } from "@millrace/shared";
import { createLogger, traceClientCall } from "@millrace/telemetry";
import { type Log, startWorker } from "@millrace/worker-sdk";
import { leaveMs, secretSources, workerConfig } from "./config.ts";
import { documentReader } from "./documents/document-reader.ts";
import { recogniserOf } from "./documents/ocr/recogniser-of.ts";
import { chatExecutor } from "./executors/chat.ts";
import { observeAttempts } from "./executors/observed.ts";
import { completionRunner } from "./executors/run-completion.ts";
import { PART_TYPE, summarizeExecutor } from "./executors/summarize/summarize.ts";
import { summarizePartExecutor } from "./executors/summarize/summarize-part.ts";
import { configuredProvider } from "./providers/configured-provider.ts";
import { openThreadPool } from "./threads/thread-pool.ts";

const logger = createLogger("worker");
const clock = steadyClock;
const random = systemRandom;
let drainMs = leaveMs;
/** Writes the SDK's log lines with the field names of our own lines. */
const sdkLog: Log = (level, message, { jobId, ...fields } = {}) =>
  logger[level]({ ...(jobId === undefined ? {} : { job_id: jobId }), ...fields }, message);

await runMain(
  async (scope) => {
    const config = loadConfig(workerConfig, process.env);
    drainMs = config.drainMs + leaveMs;
    const { metrics, address } = await observe(scope, {
      ...{ service: "worker", log: logger, config, env: process.env },
    });
    const { documents: directory, slots } = config;
    const store = await openDocumentStore({
      ...{ directory, maxBytes: limits.documentBytes, clock, random },
    });
    const { threadCpuMs: cpuMs, threadMs: timeMs, threadMemoryMb: memoryMb } = config;
    const threadLimits = { cpuMs, timeMs, memoryMb };
    const threads = scope.use(openThreadPool({ ...threadLimits, threads: config.threads, clock }));
    const documentLimits = { pages: config.documentPages, characters: config.documentCharacters };
    const recognise = config.ocr === "off" ? undefined : recogniserOf(scope, config, clock);
    const readDocument = documentReader(store, threads, {
      ...{ limits: documentLimits, threadLimits, recognise },
    });
    const secrets = secretSources(config);
    const reloadOptions = { clock, log: logger, everyMs: config.secretsReloadMs };
    const token = keepSecret(scope, secrets.token, reloadOptions, firstToken);
    const apiKey = keepSecret(scope, secrets.openAiKey, reloadOptions);
    const provider = configuredProvider(config, {
      ...{ threads, apiKey: () => apiKey?.current ?? "" },
      onLesson: (lesson) => logger.warn(lesson, "the provider has shown a quirk"),
      onContext: (tokens) => {
        logger.warn({ context_tokens: tokens }, "the provider has shown the model's context");
      },
    });
    const complete = completionRunner(provider, { metrics, clock });
    const { workerId } = config;
    const observed = observeAttempts({ metrics, log: logger, clock, slots, workerId });
    const tls = keepSchedulerCertificates(scope, config, { clock, log: logger });
    const worker = startWorker({
      schedulerAddress: config.scheduler,
      ...(token === undefined ? {} : { token: () => token.current }),
      ...(tls === undefined ? {} : { tls }),
      ...{ workerId, queues: config.queues, pools: config.pools },
      ...{ slots, guestSlots: config.guestSlots, clock, random },
      refusedGraceMs: config.refusedGraceMs,
      executors: {
        summarize: observed(
          summarizeExecutor({ complete, readDocument, threads, model: provider.model }),
        ),
        [PART_TYPE]: observed(summarizePartExecutor({ complete, threads })),
        chat: observed(chatExecutor(complete)),
      },
      ...{ log: sdkLog, traceCall: traceClientCall },
    });
    worker.ended.catch(scope.fail);
    dependOn(scope, {
      ...{ what: "a scheduler", graceMs: config.readyGraceMs, clock, log: logger },
      check: async () => {
        if (!worker.connected) throw new Error("no scheduler has accepted this worker");
      },
    });
    scope.defer(() => worker.drain(config.drainMs));
    logger.info({ worker_id: workerId, queues: config.queues, metrics: address }, "started");
  },
  { drainMs: () => drainMs, log: logger },
);
