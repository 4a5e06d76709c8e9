import { steadyClock } from "@millrace/shared";
import {
  createMetrics,
  type Logger,
  type Metrics,
  productVersion,
  startTracing,
} from "@millrace/telemetry";
import { z } from "zod";
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
    z.coerce.number().int().min(0).max(65_535).default(port),
    "Port for metrics and probes; with 0, the system chooses a free port.",
  ),
});

export interface Observed {
  readonly metrics: Metrics;
  /** The `host:port` of metrics and probes. */
  readonly address: string;
  /** Counts a finished call; pass this to `serve`. */
  onFinished(call: FinishedCall): void;
}

export interface ObserveOptions {
  readonly service: string;
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
export async function observe(
  scope: Scope,
  { service, log, config, env }: ObserveOptions,
): Promise<Observed> {
  log.level = config.logLevel;
  scope.use(
    startTracing({
      ...{ serviceName: service, serviceVersion: productVersion(), env, clock: steadyClock, log },
    }),
  );
  const metrics = createMetrics({ processMetrics: true });
  const { metricsHost: host, metricsPort: port } = config;
  const { registry } = metrics;
  const server = await scope.use(serveMetrics({ host, port, registry, notReady: scope.notReady }));
  return {
    metrics,
    address: `${host}:${server.port}`,
    onFinished({ path, code, durationMs }) {
      metrics.rpcCalls.inc({ method: path, code });
      metrics.rpcDuration.observe({ method: path }, durationMs / 1_000);
    },
  };
}
