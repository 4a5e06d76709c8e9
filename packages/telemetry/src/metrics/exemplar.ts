import { TraceFlags, trace } from "@opentelemetry/api";
import { spanOfParent } from "../trace-context.ts";

const NONE: Readonly<Record<string, string>> = {};

/** The exemplar labels of a trace, if it is sampled: an exemplar must lead to a trace that exists. */
export function exemplarOf(traceparent: string | undefined): Readonly<Record<string, string>> {
  return labels(spanOfParent(traceparent));
}

/** The exemplar labels of the active span. */
export const activeExemplar = (): Readonly<Record<string, string>> =>
  labels(trace.getActiveSpan()?.spanContext());

function labels(span: { readonly traceId: string; readonly traceFlags: number } | undefined) {
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0) return NONE;
  return { trace_id: span.traceId };
}
