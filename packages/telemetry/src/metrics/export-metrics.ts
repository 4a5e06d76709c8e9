import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { ATTR_SERVICE_NAME } from "@opentelemetry/semantic-conventions";
import type { Registry } from "prom-client";
import { registryProducer } from "./registry-producer.ts";

export interface MetricExportOptions {
  readonly serviceName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly registry: Registry;
  readonly clock: { nowMs(): number };
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;
const PROTOCOL = "http/protobuf";

/**
 * Whether the standard variables ask for metrics. A general endpoint alone does not: it is usually a collector of traces,
 * and many of those take no metrics.
 */
export function metricExportWanted(env: MetricExportOptions["env"]): boolean {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_METRICS_EXPORTER === "none") return false;
  const exporters = (env.OTEL_METRICS_EXPORTER ?? "").split(",").map((name) => name.trim());
  return exporters.includes("otlp") || (env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? "") !== "";
}

const positive = (text: string | undefined, otherwise: number): number =>
  Number(text) > 0 ? Number(text) : otherwise;

/** Logs once that a collector does not take metrics, and once that it takes them again. */
function reported(exporter: PushMetricExporter, log: MetricExportOptions["log"]) {
  const send = exporter.export.bind(exporter);
  let failing = false;
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      const failed = result.error !== undefined || result.code !== 0;
      if (failed !== failing) {
        failing = failed;
        if (failed) log.warn({ error: result.error }, "the collector does not take metrics");
        else log.info({}, "the collector takes metrics again");
      }
      done(result);
    });
  return exporter;
}

/** Sends the metrics of a registry over OTLP/HTTP as the OTEL_* variables of the process say. It is off by default. */
export function startMetricExport(options: MetricExportOptions): { close(): Promise<void> } {
  const { serviceName, env, registry, clock, log } = options;
  if (!metricExportWanted(env)) return { close: async () => undefined };
  const protocol =
    env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL ?? env.OTEL_EXPORTER_OTLP_PROTOCOL ?? PROTOCOL;
  if (protocol !== PROTOCOL) {
    log.warn({ protocol }, `metrics are sent over ${PROTOCOL}: this protocol is not supported`);
  }
  const exportIntervalMillis = positive(env.OTEL_METRIC_EXPORT_INTERVAL, INTERVAL_MS);
  const timeoutMs = positive(env.OTEL_METRIC_EXPORT_TIMEOUT, TIMEOUT_MS);
  const reader = new PeriodicExportingMetricReader({
    exporter: reported(new OTLPMetricExporter(), log),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(timeoutMs, exportIntervalMillis),
    metricProducers: [registryProducer(registry, clock)],
  });
  const resource = resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName });
  const provider = new MeterProvider({ resource, readers: [reader] });
  // A collector that is away costs the last metrics, but does not change the exit code.
  return { close: () => provider.shutdown().catch(() => undefined) };
}
