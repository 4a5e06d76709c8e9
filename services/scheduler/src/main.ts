import { openEngine } from "@millrace/engine";
import {
  dependOn,
  inflowLimitsOf,
  keepSecret,
  keepServerTls,
  loadConfig,
  observe,
  partOf,
  runMain,
  serve,
  warnOfPlaintext,
} from "@millrace/runtime";
import { systemRandom as random, steadyClock } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { adminService } from "./admin-service.ts";
import { SchedulerConfig, tokenSources } from "./config.ts";
import { configurationApplier } from "./configuration/apply-configuration.ts";
import { startConfigurationFile } from "./configuration/configuration-file.ts";
import { jobObserver } from "./job-observer.ts";
import { startMemoryWatch, tellOfMemory } from "./loops/memory-watch.ts";
import { startPolicySync } from "./loops/policy-sync.ts";
import { startPromoter } from "./loops/promoter.ts";
import { startPruner } from "./loops/pruner.ts";
import { startQueueLength } from "./loops/queue-length.ts";
import { startReaper } from "./loops/reaper.ts";
import { startRenewFiles } from "./loops/renew-files.ts";
import { startStrays } from "./loops/strays.ts";
import { messageFields } from "./message-fields.ts";
import { observedEngine } from "./observed-engine.ts";
import { memoryPressure } from "./policy/memory-pressure.ts";
import { storedBytesBound } from "./policy/stored-bytes.ts";
import { changeRecorder } from "./record-change.ts";
import { readRedisSettings } from "./redis-settings.ts";
import { schedulerService, workerService } from "./service.ts";
import { ConnectedWorkers } from "./session/connected-workers.ts";
import { LeaseTokens } from "./session/lease-tokens.ts";
import { gatewayTokens, requireGateway } from "./tokens/gateway-tokens.ts";
import { operatorTokens, requireOperator } from "./tokens/operator-tokens.ts";
import { recordWorkerTokens } from "./tokens/record-worker-tokens.ts";
import { requireWorker, workerTokens } from "./tokens/worker-tokens.ts";

const log = createLogger("scheduler");
const LENGTH_EVERY_MS = 5_000;
const POLICY_SYNC_EVERY_MS = 5_000;
const MEMORY_EVERY_MS = 1_000;
const STRAYS_EVERY_MS = 2_000;
const RENEW_FILES_EVERY_MS = 1_000;
/** A gateway has one connection, for the watches of all its callers: one too many would wait without a word. */
const CALLS_PER_GATEWAY = 1_000_000;
/** And each caller that stops watching breaks a stream off: HTTP/2's own bound would cut all the others with it. */
const RESETS_PER_GATEWAY = { burst: 100_000, perSecond: 10_000 };

await runMain(
  async (scope) => {
    const config = loadConfig(SchedulerConfig, process.env);
    const { metrics, onFinished, address } = await observe(scope, {
      ...{ service: "scheduler", log, config, env: process.env },
    });
    const observer = jobObserver(metrics, log);
    const storedBytes = storedBytesBound(config.storedBytesPerKey);
    const store = await scope.use(
      openEngine({
        redis: readRedisSettings(config, (message, error) => log.warn({ error }, message)),
        clock: steadyClock,
        redisTime: true,
        random,
        storedBytesPerKey: storedBytes.inEachQueue,
        providerFailures: config.providerFailures,
        changeLog: { keepMs: config.changeLogKeepMs, maxLength: config.changeLogLength },
        onWarning: (message, cause) => log.warn({ error: cause }, message),
      }),
    );
    const engine = observedEngine(store, observer);
    dependOn(scope, {
      ...{ what: "Redis", check: () => store.ping(), graceMs: config.readyGraceMs },
      ...{ clock: steadyClock, log },
    });
    const { clock } = engine;
    const apply = configurationApplier(engine, changeRecorder(engine.changeLog), clock);
    const onReload = (listener: () => void) => process.on("SIGHUP", listener);
    const onReloaded = (applied: boolean) => metrics.reloadFailed.set(applied ? 0 : 1);
    const ofFile = { apply, onReload, onReloaded, log };
    await scope.use(startConfigurationFile(config.configFile, ofFile));
    const loop = (name: string, everyMs: number) => ({
      clock,
      everyMs,
      onError: (error: unknown) => {
        metrics.loopFailures.inc({ loop: name });
        log.error({ error, loop: name }, "a round failed");
      },
    });
    scope.use(startReaper(engine, loop("reaper", config.reapEveryMs)));
    scope.use(startPromoter(engine, loop("promoter", config.promoteEveryMs)));
    scope.use(startPruner(engine, loop("pruner", config.pruneEveryMs)));
    const leaseTokens = new LeaseTokens(await engine.leaseSecret());
    scope.use(startPolicySync(engine, leaseTokens, loop("policy-sync", POLICY_SYNC_EVERY_MS)));
    scope.use(startStrays(engine, metrics.jobsRepaired, loop("strays", STRAYS_EVERY_MS)));
    scope.use(startRenewFiles(engine, log, loop("renew-files", RENEW_FILES_EVERY_MS)));
    const { memoryShedPercent: shedPercent, memoryResumePercent: resumePercent } = config;
    const pressure = memoryPressure({ shedPercent, resumePercent });
    scope.use(
      startMemoryWatch(
        { engine, pressure, storedBytes, metrics, onChange: tellOfMemory(log) },
        loop("memory-watch", MEMORY_EVERY_MS),
      ),
    );
    const length = loop("queue-length", LENGTH_EVERY_MS);
    scope.use(startQueueLength(engine, metrics.queueLength, length));
    const tls = keepServerTls(scope, config, { clock, log });
    const { gateways, workers, operators } = tokenSources(config);
    const keeping = { clock, log, everyMs: config.secretsReloadMs };
    warnOfPlaintext(log, tls, [config.host, config.adminHost]);
    const inflow = inflowLimitsOf(config);
    const server = await scope.use(
      serve({
        listen: { host: config.host, port: config.port },
        tls,
        limits: {
          ...inflow,
          // All calls of all callers of a gateway may begin at once.
          unfinishedPerAddress: CALLS_PER_GATEWAY,
          concurrentStreams: CALLS_PER_GATEWAY,
          streamResets: RESETS_PER_GATEWAY,
          messageFields: messageFields.gateways,
        },
        services: [schedulerService(engine, observer, clock, pressure)],
        authenticate: requireGateway(keepSecret(scope, gateways, keeping, gatewayTokens)),
        clock,
        onFinished,
        onBug: (error, path) => log.error({ error, path }, "a call failed"),
      }),
    );
    const { schedulerId, leaseMs, stopGraceMs } = config;
    const connected = new ConnectedWorkers();
    const workerTokensNow = keepSecret(scope, workers, keeping, workerTokens);
    workerTokensNow?.onRenewed(recordWorkerTokens(engine.changeLog, schedulerId, log));
    const forWorkers = await scope.use(
      serve({
        listen: { host: config.host, port: config.workerPort },
        tls,
        limits: { ...inflow, messageFields: messageFields.workers },
        services: [
          workerService({
            ...{ engine, observer, clock, random, schedulerId, leaseMs, stopGraceMs },
            ...{ tokens: leaseTokens, connected },
            onError: (error) => log.error({ error }, "leasing failed"),
          }),
        ],
        authenticate: requireWorker(workerTokensNow),
        clock,
        onFinished,
        traced: false,
        onBug: (error, path) => log.error({ error, path }, "a call failed"),
      }),
    );
    const forOperators = await scope.use(
      serve({
        listen: { host: config.adminHost, port: config.adminPort },
        // People have a token, and no certificate.
        tls: tls && partOf(tls, ({ key, cert }) => ({ key, cert })),
        services: [adminService(engine, clock, random, { connected, schedulerId })],
        limits: { ...inflow, messageFields: messageFields.operators },
        authenticate: requireOperator(keepSecret(scope, operators, keeping, operatorTokens)),
        clock,
        onFinished,
        onBug: (error, path) => log.error({ error, path }, "a call failed"),
      }),
    );
    const addresses = { workers: forWorkers.address, admin: forOperators.address };
    log.info({ address: server.address, ...addresses, metrics: address }, "serving");
  },
  { log },
);
