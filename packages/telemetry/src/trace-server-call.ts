import { inSpan } from "./spans.ts";
import { extractTrace, type TraceHeaders } from "./trace-context.ts";
import { attributeNames } from "./trace-names.ts";

/** The names of RPC systems in OpenTelemetry. `http` means a method that was called by plain HTTP. */
export type CallProtocol = "grpc" | "connectrpc" | "http";

/** What a plain HTTP request asks for. */
export interface HttpTarget {
  readonly method: string;
  /** The path with the names of its parameters: `/v1/jobs/{id}`. */
  readonly route: string;
  /** The path of the request, without its query. */
  readonly path: string;
  readonly scheme: "http" | "https";
}

/** The parts of a call that tracing reads. */
export interface ServerCall {
  readonly protocol: CallProtocol;
  /** The full path, such as `/millrace.jobs.v1.JobService/GetJob`. */
  readonly path: string;
  readonly headers: { get(name: string): string | undefined };
  /** Set for a plain HTTP call. */
  readonly http?: HttpTarget | undefined;
}

function traceHeadersOf(headers: ServerCall["headers"]): TraceHeaders {
  const traceparent = headers.get("traceparent");
  const tracestate = headers.get("tracestate");
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** Names a call and describes it, as the conventions for its protocol demand. */
function describe({ protocol, path, http }: ServerCall): [string, Record<string, string>] {
  const method = path.slice(1);
  const rpc = { [attributeNames.rpcMethod]: method };
  if (http === undefined) return [method, { [attributeNames.rpcSystem]: protocol, ...rpc }];
  const attributes = {
    [attributeNames.httpMethod]: http.method,
    [attributeNames.httpRoute]: http.route,
    [attributeNames.urlPath]: http.path,
    [attributeNames.urlScheme]: http.scheme,
    ...rpc,
  };
  return [`${http.method} ${http.route}`, attributes];
}

/** Runs a server's call inside a span that continues the caller's trace. */
export function traceServerCall<T>(call: ServerCall, body: () => Promise<T>): Promise<T> {
  const parent = extractTrace(traceHeadersOf(call.headers));
  const [name, attributes] = describe(call);
  return inSpan(name, { kind: "server", parent, attributes }, body);
}
