import { SpanKind } from "@opentelemetry/api";
import { attributeNames } from "./names.ts";
import { inSpan } from "./spans.ts";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";

interface Headers {
  get(name: string): string | undefined;
}

function traceHeadersOf(headers: Headers): TraceHeaders {
  const traceparent = headers.get("traceparent");
  const tracestate = headers.get("tracestate");
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** Runs a server's call inside a span that continues the caller's trace. */
export function traceServerCall<T>(
  path: string,
  headers: Headers,
  body: () => Promise<T>,
): Promise<T> {
  const method = path.slice(1);
  const attributes = { [attributeNames.rpcSystem]: "grpc", [attributeNames.rpcMethod]: method };
  const parent = extractTrace(traceHeadersOf(headers));
  return inSpan(method, { kind: SpanKind.SERVER, parent, attributes }, body);
}
