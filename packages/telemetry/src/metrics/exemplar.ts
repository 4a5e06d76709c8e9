import { TraceFlags, trace } from "@opentelemetry/api";
import { extractTrace } from "../trace-context.ts";

const NONE: Readonly<Record<string, string>> = {};

/** The exemplar labels of a trace, if it is sampled: an exemplar must lead to a trace that exists. */
export function exemplarOf(traceparent: string | undefined): Readonly<Record<string, string>> {
  // If nothing is traced, jobs carry no trace.
  if (traceparent === undefined || traceparent === "") return NONE;
  const span = trace.getSpanContext(extractTrace({ traceparent }));
  return labels(span);
}

/** The exemplar labels of the active span. */
export const activeExemplar = (): Readonly<Record<string, string>> =>
  labels(trace.getActiveSpan()?.spanContext());

function labels(span: { readonly traceId: string; readonly traceFlags: number } | undefined) {
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0) return NONE;
  return { trace_id: span.traceId };
}
