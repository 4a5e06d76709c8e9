import type { Clock } from "@millrace/shared";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { LostSpans, type LostSpansOptions } from "./lost-spans.ts";
import { exporterOf, protocolOf, ReportingProcessor, spanProtocols } from "./span-export.ts";
import { sending } from "./spans.ts";
import { attributeNames, SERVICE_NAMESPACE } from "./trace-names.ts";

export interface TracingOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Pick<Clock, "after">;
  readonly log: LostSpansOptions["log"];
}

export interface Tracing {
  readonly enabled: boolean;
  /** Sends the buffered spans. Waits no longer than the exporter's own time limit. */
  close(): Promise<void>;
}

const OFF: Tracing = { enabled: false, close: async () => undefined };

/** As many as a call submits: its span has a link to each trace. */
const LINKS = 1_000;

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
 * Sends spans over OTLP as the OTEL_* variables of the process say. Call it once per process, before the first span.
 * Millrace's own interceptors make the spans: no module is patched. A protocol that is not supported, and spans that the
 * collector does not take, are reported in the log.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { serviceName, serviceVersion, env, clock, log } = options;
  if (!tracingWanted(env)) return OFF;
  const protocol = protocolOf(env);
  const exporter = exporterOf(protocol);
  if (exporter === undefined) {
    const supported = spanProtocols.join(", ");
    log.warn(
      { protocol, supported },
      "tracing is off, and all spans are lost: OTEL_EXPORTER_OTLP_PROTOCOL is not supported",
    );
    return OFF;
  }
  const collector =
    env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "the default";
  const lost = new LostSpans({ collector, clock, log });
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      [attributeNames.serviceName]: serviceName,
      [attributeNames.serviceNamespace]: SERVICE_NAMESPACE,
      [attributeNames.serviceVersion]: serviceVersion,
    }),
    spanProcessors: [new ReportingProcessor(exporter, lost, env)],
    spanLimits: { linkCountLimit: LINKS },
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  sending.on = true;
  sending.parentBased = (env.OTEL_TRACES_SAMPLER || "parentbased_always_on").startsWith(
    "parentbased_",
  );
  return {
    enabled: true,
    async close() {
      // A collector that is away costs spans, but does not change the exit code.
      await sdk.shutdown().catch(() => undefined);
      lost.close();
    },
  };
}
