import type { DocumentStore } from "@millrace/documents";
import type { Engine } from "@millrace/engine";
import {
  Inflow,
  inflowLimitsOf,
  keepSecret,
  type keepServerTls,
  mapReloaded,
  type RunningHttpServer,
  type RunningServer,
  type Scope,
  type ServeOptions,
  serve,
  serveHttp,
} from "@millrace/runtime";
import type { Random } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import { adminService } from "../admin-service.ts";
import { type SchedulerSettings, tokenSources } from "../config.ts";
import type { JobObserver } from "../observing/job-observer.ts";
import { changeRecorder } from "../operators/record-change.ts";
import type { MemoryPressure } from "../policy/memory-pressure.ts";
import { scalerService, schedulerService, workerService } from "../service.ts";
import type { AllWorkers } from "../session/all-workers.ts";
import type { ConnectedWorkers } from "../session/connected-workers.ts";
import type { LeaseTokens } from "../session/lease-tokens.ts";
import { gatewayTokens, requireGateway } from "../tokens/gateway-tokens.ts";
import { JobTokens } from "../tokens/job-tokens.ts";
import { operatorTokens, requireOperator } from "../tokens/operator-tokens.ts";
import { recordWorkerTokens } from "../tokens/record-worker-tokens.ts";
import { requireWorker, workerTokens } from "../tokens/worker-tokens.ts";
import { callbackRules } from "../webhooks/callback-rules.ts";
import { operatorWebhookService } from "../webhooks/operator-webhook-service.ts";
import type { WebhookParts } from "../webhooks/webhook-parts.ts";
import { messageFields } from "./message-fields.ts";

/**
 * Concurrent calls on a gateway's one connection, which carries all its callers' watches. gRPC would silently hold back
 * further calls.
 */
const CALLS_PER_GATEWAY = 1_000_000;
/**
 * Stream resets per gateway: each caller that stops watching resets a stream. HTTP/2's own limit would break all other
 * streams.
 */
const RESETS_PER_GATEWAY = { burst: 100_000, perSecond: 10_000 };

/** The longest message of KEDA. It holds the metadata of one trigger. */
const SCALER_BYTES = 64 * 1024;

export interface ListenerParts {
  readonly scope: Scope;
  readonly config: SchedulerSettings;
  readonly engine: Engine;
  readonly observer: JobObserver;
  readonly random: Random;
  readonly pressure: MemoryPressure;
  readonly webhooks: WebhookParts;
  readonly leaseTokens: LeaseTokens;
  readonly connected: ConnectedWorkers;
  readonly allWorkers: AllWorkers;
  /** The document store, if this scheduler has one. */
  readonly documents: DocumentStore | undefined;
  readonly tls: ReturnType<typeof keepServerTls>;
  readonly onFinished: NonNullable<ServeOptions<unknown>["onFinished"]>;
  readonly log: Logger;
}

export interface Listeners {
  readonly gateways: RunningServer;
  readonly workers: RunningServer;
  readonly operators: { readonly grpc: RunningServer; readonly http: RunningHttpServer };
  /** Undefined unless its port is set. */
  readonly scaler: RunningServer | undefined;
}

/**
 * Starts one listener each for gateways and workers, and two for operators: gRPC, and Connect and gRPC-Web for browsers.
 * Each of the three has its own tokens. KEDA has a listener if a port is set for it.
 */
export async function startListeners(parts: ListenerParts): Promise<Listeners> {
  return {
    gateways: await serveGateways(parts),
    workers: await serveWorkers(parts),
    operators: await serveOperators(parts),
    scaler: await serveScaler(parts),
  };
}

/** Options of all listeners. */
function common({ engine, tls, onFinished, log }: ListenerParts) {
  return {
    ...{ tls, clock: engine.clock, onFinished },
    onBug: (error: unknown, path: string) =>
      log.error({ error, path }, "a call failed because of a bug"),
  };
}

const reloadOptions = ({ engine, config, log }: ListenerParts) => ({
  ...{ clock: engine.clock, log, everyMs: config.secretsReloadMs },
});

function serveGateways(parts: ListenerParts): Promise<RunningServer> {
  const { scope, config, engine, observer, pressure, leaseTokens, allWorkers, webhooks } = parts;
  const jobTokens = new JobTokens(() => leaseTokens.secret);
  const tokens = keepSecret(
    scope,
    tokenSources(config).gateways,
    reloadOptions(parts),
    gatewayTokens,
  );
  return scope.use(
    serve({
      ...common(parts),
      listen: { host: config.host, port: config.port },
      limits: {
        ...inflowLimitsOf(config),
        // All calls of all callers of a gateway may start at once.
        unfinishedPerAddress: CALLS_PER_GATEWAY,
        concurrentStreams: CALLS_PER_GATEWAY,
        streamResets: RESETS_PER_GATEWAY,
        messageFields: messageFields.gateways,
      },
      services: [
        schedulerService({
          ...{ engine, observer, clock: engine.clock, pressure, jobTokens, workers: allWorkers },
          ...{ webhooks, schedulesPerKey: config.schedulesPerKey },
        }),
      ],
      authenticate: requireGateway(tokens),
    }),
  );
}

function serveWorkers(parts: ListenerParts): Promise<RunningServer> {
  const { scope, config, engine, observer, random, pressure, leaseTokens, connected, log } = parts;
  const callbacks = callbackRules(parts.webhooks);
  const { schedulerId, leaseMs, stopGraceMs } = config;
  const tokens = keepSecret(
    scope,
    tokenSources(config).workers,
    reloadOptions(parts),
    workerTokens,
  );
  tokens?.onReplaced(recordWorkerTokens(engine.changeLog, schedulerId, log));
  return scope.use(
    serve({
      ...common(parts),
      listen: { host: config.host, port: config.workerPort },
      limits: { ...inflowLimitsOf(config), messageFields: messageFields.workers },
      services: [
        workerService({
          ...{ engine, observer, clock: engine.clock, random, schedulerId, leaseMs, stopGraceMs },
          ...{ tokens: leaseTokens, connected, pressure, documents: parts.documents, callbacks },
          documentBytesPerKey: config.documentBytesPerKey,
          onError: (error) => log.error({ error }, "leasing failed"),
        }),
      ],
      authenticate: requireWorker(tokens),
      traced: false,
    }),
  );
}

async function serveOperators(parts: ListenerParts): Promise<Listeners["operators"]> {
  const { scope, config, engine, observer, random, tls, allWorkers, webhooks } = parts;
  const { adminHost: host } = config;
  const tokens = keepSecret(
    scope,
    tokenSources(config).operators,
    reloadOptions(parts),
    operatorTokens,
  );
  const limits = { ...inflowLimitsOf(config), messageFields: messageFields.operators };
  const options = {
    ...common(parts),
    // Operators authenticate with a token, so these listeners ask for no client certificate.
    tls: tls && mapReloaded(tls, ({ key, cert }) => ({ key, cert })),
    services: [
      adminService(
        ...([engine, engine.clock, random, allWorkers, observer, webhooks] as const),
        config.schedulesPerKey,
      ),
      operatorWebhookService(webhooks, changeRecorder(engine.changeLog)),
    ],
    // Both listeners share one, because they have the same callers.
    ...{ limits, inflow: new Inflow(limits, engine.clock) },
    authenticate: requireOperator(tokens),
  };
  const { adminPort, adminHttpPort, adminAllowedOrigins: allowedOrigins } = config;
  return {
    grpc: await scope.use(serve({ ...options, listen: { host, port: adminPort } })),
    http: await scope.use(
      serveHttp({ ...options, allowedOrigins, listen: { host, port: adminHttpPort } }),
    ),
  };
}

/**
 * KEDA sends no tokens. What it may ask is how many jobs there are; a client certificate is asked for if the settings name
 * authorities for them.
 */
async function serveScaler(parts: ListenerParts): Promise<RunningServer | undefined> {
  const { scope, config, engine } = parts;
  const { scalerHost: host, scalerPort: port } = config;
  if (port === undefined) return undefined;
  return scope.use(
    serve({
      ...common(parts),
      listen: { host, port },
      limits: { ...inflowLimitsOf(config), messageBytes: SCALER_BYTES },
      services: [scalerService(engine)],
      traced: false,
    }),
  );
}
