import { attributeNames } from "./names.ts";
import { inSpan } from "./spans.ts";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";

/** The names of RPC systems in OpenTelemetry. `http` means a method that was called by plain HTTP. */
export type CallProtocol = "grpc" | "connectrpc" | "http";

/** The parts of a call that tracing reads. */
export interface ServerCall {
  readonly protocol: CallProtocol;
  /** The full path, such as `/millrace.jobs.v1.JobService/GetJob`. */
  readonly path: string;
  readonly headers: { get(name: string): string | undefined };
}

function traceHeadersOf(headers: ServerCall["headers"]): TraceHeaders {
  const traceparent = headers.get("traceparent");
  const tracestate = headers.get("tracestate");
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** Runs a server's call inside a span that continues the caller's trace. */
export function traceServerCall<T>(call: ServerCall, body: () => Promise<T>): Promise<T> {
  const method = call.path.slice(1);
  const attributes = {
    [attributeNames.rpcSystem]: call.protocol,
    [attributeNames.rpcMethod]: method,
  };
  const parent = extractTrace(traceHeadersOf(call.headers));
  return inSpan(method, { kind: "server", parent, attributes }, body);
}
