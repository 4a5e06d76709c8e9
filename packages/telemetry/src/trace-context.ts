import { type Context, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

const propagator = new W3CTraceContextPropagator();

/** A trace as W3C headers; both absent when nothing is traced. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The headers that carry a context (the active one unless given) to another process or into a job. */
export function injectTrace(from: Context = context.active()): TraceHeaders {
  const headers: Record<string, string> = {};
  propagator.inject(from, headers, {
    set: (carrier, key, value) => {
      carrier[key] = value;
    },
  });
  return headers;
}

/** The context that headers carry; the root context if they carry none or are malformed. */
export function extractTrace(headers: TraceHeaders): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    get: (carrier, key) => carrier[key as keyof TraceHeaders],
    keys: (carrier) => Object.keys(carrier),
  });
}

/** The 32 hex digits of a context's trace, or undefined. */
export const traceIdOf = (from: Context = context.active()): string | undefined =>
  trace.getSpanContext(from)?.traceId;
