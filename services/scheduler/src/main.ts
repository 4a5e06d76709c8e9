import { type Engine, openEngine } from "@millrace/engine";
import {
  callCounter,
  dependOn,
  documentPlaceOf,
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
import { jobObserver, observerKnowledge } from "./observing/job-observer.ts";
import { observedEngine } from "./observing/observed-engine.ts";
import { changeRecorder } from "./operators/record-change.ts";
import { memoryPressure } from "./policy/memory-pressure.ts";
import { storedBytesBound } from "./policy/stored-bytes.ts";
import { podApi } from "./scaling/pod-api.ts";
import { AllWorkers } from "./session/all-workers.ts";
import { ConnectedWorkers } from "./session/connected-workers.ts";
import { LeaseTokens } from "./session/lease-tokens.ts";
import { OutageLog } from "./store/outage-log.ts";
import { readRedisSettings } from "./store/redis-settings.ts";
import { workersDocuments } from "./store/workers-documents.ts";
import { setUpWebhooks } from "./webhooks/set-up-webhooks.ts";

const log = createLogger("scheduler");

await runMain(
  async (scope) => {
    const config = loadConfig(SchedulerConfig, process.env, log);
    scope.linger(config.lingerMs);
    const { metrics, address } = await observe(scope, {
      ...{ service: "scheduler", log, config, env: process.env },
    });
    const knowledge = observerKnowledge(metrics);
    const observer = jobObserver(metrics, log, knowledge);
    const storedBytes = storedBytesBound(config.storedBytesPerKey);
    const store: Engine = await scope.use(
      openEngine({
        redis: readRedisSettings(config, (message, error) => log.warn({ error }, message)),
        clock: steadyClock,
        redisTime: true,
        random,
        storedBytesPerKey: storedBytes.inEachQueue,
        providerFailures: config.providerFailures,
        spend: { labels: config.spendLabels, keepDays: config.spendDays },
        internalLimits: {
          maxRunning: config.webhookRunningPerKey,
          maxRunningPerPool: config.webhookRunningPerEndpoint,
        },
        changeLog: { keepMs: config.changeLogKeepMs, maxLength: config.changeLogLength },
        onOtherEnds: (ends) => observer.otherEnds(ends, steadyClock.nowMs()),
        onAccountEvent: accountEvents(log, () => store.changeLog),
        onWarning: (message, cause) => log.warn({ error: cause }, message),
      }),
    );
    const observed = observedEngine(store, observer);
    const { engine, webhooks } = await setUpWebhooks(observed, { scope, config, random, log });
    const outages = new OutageLog({ clock: steadyClock, log });
    dependOn(scope, {
      ...{ what: "Redis", graceMs: config.readyGraceMs, clock: steadyClock, log },
      check: () => store.ping().then(() => outages.answered()),
    });
    const { clock } = engine;
    const connected = new ConnectedWorkers();
    const { schedulerId } = config;
    const allWorkers = new AllWorkers({
      ...{ connected, roster: engine.roster, schedulerId },
      publishedAs: `${schedulerId}/${Buffer.from(random.bytes(6)).toString("hex")}`,
    });
    const record = changeRecorder(engine.changeLog);
    const calls = configurationCalls(
      ...([engine, record, webhooks, allWorkers, config.schedulesPerKey] as const),
    );
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
    startLoops(scope, {
      engine,
      observer,
      random,
      connected,
      allWorkers,
      leaseTokens,
      pressure,
      storedBytes,
      metrics,
      knowledge,
      log,
      outages,
      pods: () => podApi(process.env),
      config,
    });
    const tls = keepServerTls(scope, config, { clock, log });
    const scalerHosts = config.scalerPort === undefined ? [] : [config.scalerHost];
    warnOfPlaintext(log, tls, [config.host, config.adminHost, ...scalerHosts]);
    const documents = await workersDocuments(documentPlaceOf(config), { clock, random });
    const { gateways, workers, operators, scaler } = await startListeners({
      ...{ scope, config, engine, observer, random, pressure, leaseTokens, tls, log },
      ...{ documents, connected, allWorkers, webhooks },
      onFinished: callCounter(metrics),
    });
    const admin = { admin: operators.grpc.address, adminHttp: operators.http.address };
    const keda = scaler === undefined ? {} : { scaler: scaler.address };
    const addresses = { workers: workers.address, ...admin, ...keda };
    log.info({ address: gateways.address, ...addresses, metrics: address }, "serving");
  },
  { log },
);
