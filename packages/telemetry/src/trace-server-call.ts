import { SpanKind } from "@opentelemetry/api";
import { attributeNames } from "./names.ts";
import { inSpan } from "./spans.ts";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";

/** Metadata as far as tracing reads it. */
interface Headers {
  get(key: string): readonly (string | Buffer)[];
}

function headersOf(metadata: Headers): TraceHeaders {
  const [traceparent] = metadata.get("traceparent");
  const [tracestate] = metadata.get("tracestate");
  return {
    ...(typeof traceparent === "string" ? { traceparent } : {}),
    ...(typeof tracestate === "string" ? { tracestate } : {}),
  };
}

/** Runs a server's call inside a span that continues the caller's trace. */
export function traceServerCall<T>(
  path: string,
  metadata: Headers,
  body: () => Promise<T>,
): Promise<T> {
  const method = path.slice(1);
  const attributes = { [attributeNames.rpcSystem]: "grpc", [attributeNames.rpcMethod]: method };
  const parent = extractTrace(headersOf(metadata));
  return inSpan(method, { kind: SpanKind.SERVER, parent, attributes }, body);
}
