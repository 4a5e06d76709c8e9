import { type Engine, openEngine } from "@millrace/engine";
import {
  dependOn,
  keepServerTls,
  loadConfig,
  observe,
  runMain,
  warnOfPlaintext,
} from "@millrace/runtime";
import { systemRandom as random, steadyClock } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { configurationCalls } from "./admin-service.ts";
import { SchedulerConfig } from "./config.ts";
import { configurationApplier } from "./configuration/apply-configuration.ts";
import { startConfigurationFile } from "./configuration/configuration-file.ts";
import { startListeners } from "./listeners/listeners.ts";
import { startLoops } from "./loops/start-loops.ts";
import { accountEvents } from "./observing/account-events.ts";
import { jobObserver } from "./observing/job-observer.ts";
import { observedEngine } from "./observing/observed-engine.ts";
import { changeRecorder } from "./operators/record-change.ts";
import { memoryPressure } from "./policy/memory-pressure.ts";
import { storedBytesBound } from "./policy/stored-bytes.ts";
import { LeaseTokens } from "./session/lease-tokens.ts";
import { readRedisSettings } from "./store/redis-settings.ts";

const log = createLogger("scheduler");

await runMain(
  async (scope) => {
    const config = loadConfig(SchedulerConfig, process.env);
    const { metrics, onFinished, address } = await observe(scope, {
      ...{ service: "scheduler", log, config, env: process.env },
    });
    const observer = jobObserver(metrics, log);
    const storedBytes = storedBytesBound(config.storedBytesPerKey);
    const store: Engine = await scope.use(
      openEngine({
        redis: readRedisSettings(config, (message, error) => log.warn({ error }, message)),
        clock: steadyClock,
        redisTime: true,
        random,
        storedBytesPerKey: storedBytes.inEachQueue,
        providerFailures: config.providerFailures,
        changeLog: { keepMs: config.changeLogKeepMs, maxLength: config.changeLogLength },
        onOtherEnds: (ends) => observer.otherEnds(ends),
        onAccountEvent: accountEvents(log, () => store.changeLog),
        onWarning: (message, cause) => log.warn({ error: cause }, message),
      }),
    );
    const engine = observedEngine(store, observer);
    dependOn(scope, {
      ...{ what: "Redis", check: () => store.ping(), graceMs: config.readyGraceMs },
      ...{ clock: steadyClock, log },
    });
    const { clock } = engine;
    const calls = configurationCalls(engine, changeRecorder(engine.changeLog), clock);
    await scope.use(
      startConfigurationFile(config.configFile, {
        apply: configurationApplier(engine, calls),
        onReload: (listener) => process.on("SIGHUP", listener),
        onReloaded: (applied) => metrics.reloadFailed.set(applied ? 0 : 1),
        log,
      }),
    );
    const leaseTokens = new LeaseTokens(await engine.leaseSecret());
    const { memoryShedPercent: shedPercent, memoryResumePercent: resumePercent } = config;
    const pressure = memoryPressure({ shedPercent, resumePercent });
    const duties = { engine, observer, leaseTokens, pressure, storedBytes, metrics, log, config };
    startLoops(scope, duties);
    const tls = keepServerTls(scope, config, { clock, log });
    warnOfPlaintext(log, tls, [config.host, config.adminHost]);
    const { gateways, workers, operators } = await startListeners({
      ...{ scope, config, engine, observer, random, pressure, leaseTokens, tls, onFinished, log },
    });
    const admin = { admin: operators.grpc.address, adminHttp: operators.http.address };
    const addresses = { workers: workers.address, ...admin };
    log.info({ address: gateways.address, ...addresses, metrics: address }, "serving");
  },
  { log },
);
