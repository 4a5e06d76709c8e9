import { methodPath } from "@millrace/grpc";
import { steadyClock, systemClock } from "@millrace/shared";
import {
  createMetrics,
  type Logger,
  type MeasuredService,
  type MetricsOf,
  metricsPages,
  productVersion,
  startMetricExport,
  startTracing,
} from "@millrace/telemetry";
import { z } from "zod";
import type { BoundService } from "./handlers.ts";
import { wholeNumber } from "./issue-words.ts";
import { setting } from "./load-config.ts";
import type { FinishedCall } from "./run-call.ts";
import type { Scope } from "./run-main.ts";
import { serveMetrics } from "./serve-metrics.ts";

/** Settings of every service: its log, metrics and probes. */
export const observeSettings = (port: number) => ({
  logLevel: setting(
    "MILLRACE_LOG_LEVEL",
    z.enum(["error", "warn", "info", "debug"]).default("info"),
    "The lowest level that is logged.",
  ),
  metricsHost: setting(
    "MILLRACE_METRICS_HOST",
    z.string().default("127.0.0.1"),
    "Address on which the service listens for metrics and probes, over HTTP.",
  ),
  metricsPort: setting(
    "MILLRACE_METRICS_PORT",
    wholeNumber(0, 65_535).default(port),
    "Port for metrics and probes; with 0, the system chooses a free port.",
  ),
});

export interface Observed<Service extends MeasuredService> {
  readonly metrics: MetricsOf<Service>;
  /** The `host:port` of metrics and probes. */
  readonly address: string;
}

export interface ObserveOptions<Service extends MeasuredService> {
  readonly service: Service;
  readonly log: Logger;
  readonly config: {
    readonly logLevel: string;
    readonly metricsHost: string;
    readonly metricsPort: number;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Sets the log level and starts tracing (by the variables OTEL_*), metrics and probes. Call it first, so that it is
 * closed last.
 */
export async function observe<Service extends MeasuredService>(
  scope: Scope,
  { service, log, config, env }: ObserveOptions<Service>,
): Promise<Observed<Service>> {
  log.level = config.logLevel;
  scope.use(
    startTracing({
      ...{ serviceName: service, serviceVersion: productVersion(), env, clock: steadyClock, log },
    }),
  );
  const metrics = createMetrics(service, {
    processMetrics: true,
    ready: () => scope.notReady() === undefined,
  });
  const { registry } = metrics;
  scope.use(startMetricExport({ serviceName: service, env, registry, clock: systemClock, log }));
  const page = metricsPages(registry);
  const { metricsHost: host, metricsPort: port } = config;
  const server = await scope.use(serveMetrics({ host, port, page, notReady: scope.notReady }));
  return { metrics, address: `${host}:${server.port}` };
}

type CallMetrics = Pick<MetricsOf<"gateway">, "rpcCalls" | "rpcDuration">;

/** The codes that alerts read: OK, UNKNOWN, INTERNAL and UNAVAILABLE. */
const ALERTED_CODES = ["0", "2", "13", "14"];

/** Counts finished calls. Pass it to `serve`. */
export const callCounter =
  ({ rpcCalls, rpcDuration }: CallMetrics) =>
  ({ path, code, durationMs }: FinishedCall): void => {
    rpcCalls.inc({ method: path, code });
    rpcDuration.observe({ labels: { method: path }, value: durationMs / 1_000 });
  };

/** Makes the counters of a server's calls exist before the first call: an increase is seen only of a counter that exists. */
export function bornAtZero(
  { rpcCalls }: CallMetrics,
  services: readonly Pick<BoundService<never>, "desc">[],
): void {
  const methods = services.flatMap(({ desc }) => desc.methods.map((method) => methodPath(method)));
  for (const method of methods) {
    for (const code of ALERTED_CODES) rpcCalls.inc({ method, code }, 0);
  }
}
