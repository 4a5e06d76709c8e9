/**
 * A worker whose jobs take as long as their payload says, and write a number every 100 ms. The pods get it from a ConfigMap
 * at its place in the repository. It imports the image's own modules, so that probes, metrics and settings are as the chart expects.
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  dependOn,
  firstToken,
  keepSchedulerCertificates,
  keepSecret,
  loadConfig,
  observe,
  runMain,
} from "../../../packages/runtime/src/index.ts";
import {
  steadyClock as clock,
  systemRandom as random,
} from "../../../packages/shared/src/index.ts";
import { createLogger } from "../../../packages/telemetry/src/index.ts";
import { type Executor, startWorker } from "../../../packages/worker-sdk/src/index.ts";
import { leaveMs, secretSources, workerConfig } from "../../../services/worker/src/config.ts";

const log = createLogger("worker");
let drainMs = leaveMs;

const dawdle: Executor = async ({ payload, write, signal }) => {
  const { ms = 500 } = payload as { readonly ms?: number };
  for (let n = 0; n < Math.round(ms / 100); n += 1) {
    await write(`${n} `);
    await pause(100, undefined, { signal });
  }
  return { host: process.env.HOSTNAME };
};

await runMain(
  async (scope) => {
    const config = loadConfig(workerConfig, process.env, log);
    drainMs = config.drainMs + leaveMs;
    await observe(scope, { service: "worker", log, config, env: process.env });
    const reload = { clock, log, everyMs: config.secretsReloadMs };
    const token = keepSecret(scope, secretSources(config).token, reload, firstToken);
    const tls = keepSchedulerCertificates(scope, config, { clock, log });
    const { scheduler: address, workerId, queues, pools, slots, refusedGraceMs } = config;
    const worker = startWorker({
      ...{ address, workerId, queues, pools, slots, refusedGraceMs, clock, random },
      executors: { dawdle },
      ...(token === undefined ? {} : { token: () => token.current }),
      ...(tls === undefined ? {} : { tls }),
      log: (level, message, fields) => log[level](fields ?? {}, message),
    });
    worker.ended.catch(scope.fail);
    dependOn(scope, {
      ...{ what: "a scheduler", graceMs: config.readyGraceMs, clock, log },
      check: async () => {
        if (!worker.connected) throw new Error("no scheduler has accepted this worker");
      },
    });
    scope.defer(() => worker.drain(config.drainMs));
    log.info({ worker_id: workerId, queues }, "started");
  },
  { drainMs: () => drainMs, log },
);
