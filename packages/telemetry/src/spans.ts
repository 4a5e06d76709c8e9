import {
  type Attributes,
  type Context,
  context,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";

const tracer = () => trace.getTracer("millrace");

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The active context unless given. */
  readonly parent?: Context;
  readonly attributes?: Attributes;
}

/** Runs `body` inside a span, which ends with it and says whether it threw. */
export function inSpan<T>(
  name: string,
  { parent = context.active(), ...options }: SpanOptions,
  body: () => Promise<T>,
): Promise<T> {
  const span = tracer().startSpan(name, options, parent);
  return context.with(trace.setSpan(parent, span), async () => {
    try {
      return await body();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Writes down a span of time that is over, in the trace that `headers` carry; nothing if they carry none. */
export function recordSpan(
  name: string,
  headers: TraceHeaders,
  time: { readonly startMs: number; readonly endMs: number },
  attributes: Attributes,
): void {
  // Where nothing is traced no job carries any.
  if (headers.traceparent === undefined) return;
  const parent = extractTrace(headers);
  if (trace.getSpanContext(parent) === undefined) return;
  tracer().startSpan(name, { startTime: time.startMs, attributes }, parent).end(time.endMs);
}
