import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import { ATTR_SERVICE_NAME } from "@opentelemetry/semantic-conventions";

export interface TracingOptions {
  readonly serviceName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Tracing {
  readonly enabled: boolean;
  /** Sends the buffered spans. Waits no longer than the exporter's own time limit. */
  close(): Promise<void>;
}

/** Whether the standard variables ask for traces. Tracing is off unless a destination is set. */
export function tracingWanted(env: TracingOptions["env"]): boolean {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return false;
  return [
    env.OTEL_EXPORTER_OTLP_ENDPOINT,
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    env.OTEL_TRACES_EXPORTER,
  ].some((value) => value !== undefined && value !== "");
}

/**
 * Sends spans over OTLP/HTTP as the OTEL_* variables of the process say. Call it once per process, before the
 * first span. Millrace's own interceptors make the spans: no module is patched.
 */
export function startTracing({ serviceName, env }: TracingOptions): Tracing {
  if (!tracingWanted(env)) return { enabled: false, close: async () => undefined };
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  // A collector that is away costs spans, but does not change the exit code.
  return { enabled: true, close: () => sdk.shutdown().catch(() => undefined) };
}
