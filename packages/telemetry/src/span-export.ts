import type { ExportResult } from "@opentelemetry/core";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import { maskCredentials } from "./logger.ts";
import type { LostSpans } from "./lost-spans.ts";

type Env = Readonly<Record<string, string | undefined>>;

const exporters = {
  "http/protobuf": () => new HttpExporter(),
  grpc: () => new GrpcExporter(),
} as const;

/** The protocols over which spans can be sent, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export const spanProtocols = Object.keys(exporters) as readonly (keyof typeof exporters)[];

/** Returns an empty variable as undefined, as OpenTelemetry's specification demands. */
const given = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === "" ? undefined : value.trim();

/** Returns the protocol that the variables ask for. It may be one that is not supported. */
export const protocolOf = (env: Env): string =>
  given(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) ??
  given(env.OTEL_EXPORTER_OTLP_PROTOCOL) ??
  "http/protobuf";

/** Returns an exporter for a protocol; undefined if the protocol is not supported. It reads the variables of the process. */
export const exporterOf = (protocol: string): SpanExporter | undefined =>
  exporters[protocol as keyof typeof exporters]?.();

function numberOf(text: string | undefined): number | undefined {
  const number = Number(given(text) ?? Number.NaN);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** The defaults of OpenTelemetry's specification. */
const QUEUE_SPANS = 2_048;
const BATCH_SPANS = 512;
const EVERY_MS = 5_000;
const TIMEOUT_MS = 30_000;

/** OpenTelemetry's processor, which drops spans silently. This one reports those that were dropped or not sent. */
export class ReportingProcessor extends BatchSpanProcessor {
  readonly #lost: LostSpans;
  readonly #queue: { waiting: number };
  readonly #most: number;

  constructor(exporter: SpanExporter, lost: LostSpans, env: Env) {
    const queue = { waiting: 0 };
    const most = numberOf(env.OTEL_BSP_MAX_QUEUE_SIZE) ?? QUEUE_SPANS;
    super({
      exporter: reporting(exporter, lost, queue),
      maxQueueSize: most,
      maxExportBatchSize: numberOf(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE) ?? BATCH_SPANS,
      scheduledDelayMillis: numberOf(env.OTEL_BSP_SCHEDULE_DELAY) ?? EVERY_MS,
      exportTimeoutMillis: numberOf(env.OTEL_BSP_EXPORT_TIMEOUT) ?? TIMEOUT_MS,
    });
    this.#lost = lost;
    this.#queue = queue;
    this.#most = most;
  }

  override onEnd(span: ReadableSpan): void {
    if (this.#queue.waiting >= this.#most) this.#lost.lost(1, undefined);
    else this.#queue.waiting += 1;
    super.onEnd(span);
  }
}

type Attributes = Record<string, unknown>;

const masked = (value: unknown): unknown =>
  typeof value === "string" ? maskCredentials(value) : value;

function maskAttributes(attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    attributes[name] = Array.isArray(value) ? value.map(masked) : masked(value);
  }
}

/** Masks credentials in what a span says: a caller may put its key where an id belongs, such as in a path. */
function maskSpan({ attributes, events, status }: ReadableSpan): void {
  maskAttributes(attributes as Attributes);
  for (const event of events) maskAttributes((event.attributes ?? {}) as Attributes);
  if (status.message !== undefined) status.message = maskCredentials(status.message);
}

function reporting(
  exporter: SpanExporter,
  lost: LostSpans,
  queue: { waiting: number },
): SpanExporter {
  return {
    export(spans, done) {
      queue.waiting -= spans.length;
      for (const span of spans) maskSpan(span);
      exporter.export(spans, (result: ExportResult) => {
        if (result.code === ExportResultCode.SUCCESS) lost.taken();
        else lost.lost(spans.length, result.error);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
