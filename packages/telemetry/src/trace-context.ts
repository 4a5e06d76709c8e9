import { type Context, context, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { parseTraceParent, W3CTraceContextPropagator } from "@opentelemetry/core";

const propagator = new W3CTraceContextPropagator();

/** A trace as W3C headers. Both are absent if nothing is traced. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Returns the headers that carry a context to another process or into a job. Default: the active context. */
export function injectTrace(from: Context = context.active()): TraceHeaders {
  const headers: Record<string, string> = {};
  propagator.inject(from, headers, {
    set: (carrier, key, value) => {
      carrier[key] = value;
    },
  });
  return headers;
}

/** Returns the context that headers carry, or the root context if they carry none or are malformed. */
export function extractTrace(headers: TraceHeaders): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    get: (carrier, key) => carrier[key as keyof TraceHeaders],
    keys: (carrier) => Object.keys(carrier),
  });
}

/** Returns the trace id of a context, 32 hex digits. Undefined if there is none. */
export const traceIdOf = (from: Context = context.active()): string | undefined =>
  trace.getSpanContext(from)?.traceId;

/**
 * The trace that a call's jobs join: that of its span. If this process traces nothing, it is what the caller sent, so that the
 * caller's trace reaches the worker in any case.
 */
export function traceOfCall(headers: { get(name: string): string | undefined }): TraceHeaders {
  const own = injectTrace();
  if (own.traceparent !== undefined) return own;
  const traceparent = headers.get("traceparent");
  const tracestate = headers.get("tracestate");
  return injectTrace(
    extractTrace({
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
    }),
  );
}

/** The span that a traceparent names. Undefined if there is none, or it is malformed. Costs less than a context. */
export const spanOfParent = (traceparent: string | undefined): SpanContext | undefined =>
  (traceparent && parseTraceParent(traceparent)) || undefined;

/** Returns the trace id of a job, from the traceparent with which it was submitted; "" if it has none. */
export const traceIdOfParent = (traceparent: string | undefined): string =>
  spanOfParent(traceparent)?.traceId ?? "";
