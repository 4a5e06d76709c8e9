import { openDocumentStore } from "@millrace/documents";
import {
  bornAtZero,
  callCounter,
  dependOn,
  type FinishedCall,
  firstToken,
  Inflow,
  inflowLimitsOf,
  keepSchedulerTls,
  keepSecret,
  keepServerTls,
  loadConfig,
  observe,
  runMain,
  serve,
  serveHttp,
  warnOfPlaintext,
} from "@millrace/runtime";
import { steadyClock as clock, systemRandom as random } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { accessLog } from "./callers/access-log.ts";
import type { Caller } from "./callers/caller.ts";
import {
  callerLimits,
  GatewayConfig,
  internalTokenSource,
  openAiOptions,
  placeOf,
} from "./config.ts";
import { collectorObserver, startCollector } from "./documents/collector.ts";
import { gatewayParts } from "./gateway-parts.ts";
import { openApiText } from "./http/openapi-text.ts";
import { gatewayRoutes } from "./http/routes.ts";
import { openAiRoutes } from "./openai/openai-routes.ts";
import { openAiForms } from "./openai/request-forms.ts";
import { schedulerAnswers, schedulerClient } from "./scheduler/scheduler-client.ts";
import { schedulerClock } from "./scheduler/scheduler-clock.ts";
import { gatewayServices } from "./service.ts";

const log = createLogger("gateway");
const logCall = accessLog(log, clock);

await runMain(
  async (scope) => {
    const config = loadConfig(GatewayConfig, process.env, log);
    scope.linger(config.lingerMs);
    const { metrics, address } = await observe(scope, {
      ...{ service: "gateway", log, config, env: process.env },
    });
    const tls = keepServerTls(scope, config, { clock, log });
    warnOfPlaintext(log, tls, [config.host, config.httpHost]);
    const token = keepSecret(
      scope,
      internalTokenSource(config),
      { clock, log, everyMs: config.secretsReloadMs },
      firstToken,
    );
    const { rpc: scheduler } = scope.use(
      schedulerClient({
        address: config.scheduler,
        grpc: { token, ...keepSchedulerTls(scope, config, { clock, log }) },
        ...{ deadlineMs: config.schedulerDeadlineMs, clock, random },
      }),
    );
    const reached = dependOn(scope, {
      ...{ what: "a scheduler", check: () => schedulerAnswers(scheduler) },
      ...{ graceMs: config.readyGraceMs, clock, log },
    });
    const jobClock = scope.use(schedulerClock({ scheduler, local: clock }));
    const documents = await openDocumentStore({
      ...placeOf(config),
      maxBytes: config.documentBytes,
      retentionMs: config.documentRetentionMs,
      clock: jobClock,
      random,
    });
    const parts = scope.use(
      gatewayParts({
        ...{ scheduler, documents, clock, random, metrics },
        schedulerClock: jobClock,
        ...{ ...callerLimits(config), schedulerDeadlineMs: config.schedulerDeadlineMs },
        onWarning: (message, error) => log.warn({ error }, message),
      }),
    );
    scope.use(
      startCollector(
        {
          ...{ documents, scheduler, clock: jobClock, retentionMs: config.documentRetentionMs },
          graceMs: config.documentGraceMs,
          ...collectorObserver(log, metrics),
        },
        {
          ...{ clock, everyMs: config.documentCollectMs },
          onError: (error) => log.error({ error }, "could not look for expired documents"),
        },
      ),
    );
    const services = gatewayServices(parts);
    bornAtZero(metrics, services);
    const count = callCounter(metrics);
    const common = {
      services,
      authenticate: parts.authenticate,
      onRevoked: parts.onRevoked,
      callerOf: ({ keyId }: Caller) => keyId,
      // Both ports share one, because they have the same callers.
      inflow: new Inflow(inflowLimitsOf(config), clock),
      tls,
      clock,
      onFinished: (call: FinishedCall) => {
        count(call);
        logCall(call);
      },
      onBug: (error: unknown, path: string) =>
        log.error({ error, path }, "a call failed because of a bug"),
    };
    const grpc = await scope.use(
      serve({ ...common, listen: { host: config.host, port: config.port } }),
    );
    reached.onChange((ready) => grpc.health.setServing(ready));
    const http = await scope.use(
      serveHttp({
        ...common,
        listen: { host: config.httpHost, port: config.httpPort },
        routes: [
          ...gatewayRoutes(parts, clock),
          ...openAiRoutes({ parts, clock, ...openAiOptions(config, scheduler, clock) }),
        ],
        formOf: openAiForms(random),
        texts: [openApiText()],
        allowedOrigins: config.allowedOrigins,
      }),
    );
    log.info({ address: grpc.address, http: http.address, metrics: address }, "serving");
  },
  { log },
);
