import { readFileSync } from "node:fs";
import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from "prom-client";
import { metricKinds } from "./kinds.ts";
import { schedulerMetrics } from "./scheduler-metrics.ts";
import { everyServiceMetrics, gatewayMetrics } from "./service-metrics.ts";
import { workerMetrics } from "./worker-metrics.ts";

const ownMetrics = {
  scheduler: schedulerMetrics,
  gateway: gatewayMetrics,
  worker: workerMetrics,
} as const;

export type MeasuredService = keyof typeof ownMetrics;

/** The metrics of a service. */
export type MetricsOf<Service extends MeasuredService> = {
  readonly registry: Registry;
} & ReturnType<typeof everyServiceMetrics> &
  ReturnType<(typeof ownMetrics)[Service]>;

export type SchedulerMetrics = MetricsOf<"scheduler">;
export type GatewayMetrics = MetricsOf<"gateway">;
export type WorkerMetrics = MetricsOf<"worker">;

export const measuredServices = Object.keys(ownMetrics) as readonly MeasuredService[];

const root = new URL("../../../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(root, "utf8")) as { version: string };

/**
 * How often a process measures the lag of its event loop: each sample wakes it. Node's default of 10 ms takes 1 % of a core
 * while nothing happens. The shown lags include this interval.
 */
const LAG_SAMPLED_EVERY_MS = 100;

export interface MetricsOptions {
  /** Whether metrics of Node itself are shown too. */
  readonly processMetrics?: boolean;
  /** Whether the service is ready, at each reading of the metrics. */
  readonly ready?: () => boolean;
}

/**
 * Creates one registry with the metrics of a service, and no others. No label holds a job or a key, because their number is
 * unbounded.
 */
export function createMetrics<Service extends MeasuredService>(
  service: Service,
  options: MetricsOptions = {},
): MetricsOf<Service> {
  // prom-client keeps exemplars only for metrics that were made in a registry of this kind. It is not shown itself: writing it
  // would rename the counters.
  const made = new Registry<OpenMetricsContentType>();
  made.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  if (options.processMetrics ?? false) {
    collectDefaultMetrics({ register: made, eventLoopMonitoringPrecision: LAG_SAMPLED_EVERY_MS });
  }
  const kinds = metricKinds(made);
  const every = everyServiceMetrics(kinds, service, options.ready);
  every.buildInfo.set({ service, version, node: process.version }, 1);
  const own = ownMetrics[service](kinds);
  const registry = new Registry();
  for (const metric of made.getMetricsAsArray()) registry.registerMetric(metric as never);
  // TypeScript does not follow that the function belongs to the same service.
  return { registry, ...every, ...own } as unknown as MetricsOf<Service>;
}
