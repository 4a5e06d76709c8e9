import {
  type Attributes,
  type Context,
  context,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { attributeNames } from "./names.ts";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";

const tracer = () => trace.getTracer("millrace");

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

export interface SpanOptions {
  /** Default "internal". */
  readonly kind?: keyof typeof kinds;
  /** Default: the active context. */
  readonly parent?: Context;
  readonly attributes?: Attributes;
}

/** Returns an error's stable reason, or its class name. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.name;
}

/** Marks the active span as failed, with the error's type. */
export function failSpan(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const span = trace.getActiveSpan();
  span?.setAttribute(attributeNames.errorType, errorType(error));
  span?.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Runs `body` inside a span, which ends with it. The span is marked as failed if `body` throws. */
export function inSpan<T>(
  name: string,
  { parent = context.active(), kind = "internal", attributes = {} }: SpanOptions,
  body: () => Promise<T>,
): Promise<T> {
  const span = tracer().startSpan(name, { kind: kinds[kind], attributes }, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await body();
    } catch (error) {
      failSpan(error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Adds attributes to the active span. */
export const describeSpan = (attributes: Attributes): void => {
  trace.getActiveSpan()?.setAttributes(attributes);
};

/** Records a span for a time in the past, in the trace that `headers` carry. Does nothing if they carry none. */
export function recordSpan(
  name: string,
  headers: TraceHeaders,
  time: { readonly startMs: number; readonly endMs: number },
  attributes: Attributes,
): void {
  // If nothing is traced, jobs carry no trace.
  if (headers.traceparent === undefined) return;
  const parent = extractTrace(headers);
  if (trace.getSpanContext(parent) === undefined) return;
  tracer().startSpan(name, { startTime: time.startMs, attributes }, parent).end(time.endMs);
}
