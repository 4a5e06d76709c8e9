import {
  dependOn,
  firstToken,
  keepSchedulerCertificates,
  keepSecret,
  loadConfig,
  observe,
  runMain,
} from "@millrace/runtime";
import { steadyClock, systemRandom, WEBHOOK_QUEUE } from "@millrace/shared";
import { createLogger, traceClientCall } from "@millrace/telemetry";
import type { Log } from "@millrace/worker-sdk";
import manifest from "../package.json" with { type: "json" };
import { leaveMs, secretSources, workerConfig } from "./config.ts";
import { startExecutors } from "./start-executors.ts";
import { startCourier } from "./webhooks/start-courier.ts";
import type { WorkerLink } from "./worker-link.ts";

const logger = createLogger("worker");
const clock = steadyClock;
const random = systemRandom;
let drainMs = leaveMs;
/** Writes the SDK's log lines with the field names of our own lines. */
const sdkLog: Log = (level, message, { jobId, ...fields } = {}) =>
  logger[level]({ ...(jobId === undefined ? {} : { job_id: jobId }), ...fields }, message);

await runMain(
  async (scope) => {
    const config = loadConfig(workerConfig, process.env, logger);
    drainMs = config.drainMs + leaveMs;
    const { metrics, address } = await observe(scope, {
      ...{ service: "worker", log: logger, config, env: process.env },
    });
    const reloadOptions = { clock, log: logger, everyMs: config.secretsReloadMs };
    const token = keepSecret(scope, secretSources(config).token, reloadOptions, firstToken);
    const tls = keepSchedulerCertificates(scope, config, { clock, log: logger });
    const { scheduler, workerId, refusedGraceMs } = config;
    const link: WorkerLink = {
      ...{ address: scheduler, workerId, refusedGraceMs, clock, random, log: sdkLog },
      ...{ version: manifest.version, traceCall: traceClientCall },
      ...(token === undefined ? {} : { token: () => token.current }),
      ...(tls === undefined ? {} : { tls }),
    };
    const onReload = (listener: () => void) => void process.on("SIGHUP", listener);
    const parts = { metrics, log: logger, link, env: process.env, onReload };
    const queues = config.queues.filter((queue) => queue !== WEBHOOK_QUEUE);
    const workers = [
      ...(config.queues.includes(WEBHOOK_QUEUE) ? [startCourier(scope, config, parts)] : []),
      ...(queues.length > 0 ? [await startExecutors(scope, config, { ...parts, queues })] : []),
    ];
    for (const worker of workers) worker.ended.catch(scope.fail);
    dependOn(scope, {
      ...{ what: "a scheduler", graceMs: config.readyGraceMs, clock, log: logger },
      check: async () => {
        const all = workers.every((worker) => worker.connected);
        if (!all) throw new Error("no scheduler has accepted this worker");
      },
    });
    scope.defer(async () => {
      await Promise.all(workers.map((worker) => worker.drain(config.drainMs)));
    });
    logger.info({ worker_id: workerId, queues: config.queues, metrics: address }, "started");
  },
  { drainMs: () => drainMs, log: logger },
);
