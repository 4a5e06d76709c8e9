import { context, trace } from "@opentelemetry/api";
import { isRecording, linkSpan, openSpan } from "./spans.ts";
import { injectTrace, type TraceHeaders } from "./trace-context.ts";
import { attributeNames } from "./trace-names.ts";

/** How a call ended, for its span. */
export interface CallEnd {
  /** The name of the gRPC status. */
  readonly code: string;
  /** Set if the call failed by a fault of the server or of the connection. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export interface ClientCall {
  /** The full path, such as `/millrace.scheduler.v1.SchedulerService/Submit`. */
  readonly path: string;
  /** The address as it is configured, such as `dns:///scheduler:7070`. */
  readonly address: string;
  /** Other traces that the call belongs to. Called only if the call is recorded. */
  readonly links?: (() => readonly TraceHeaders[]) | undefined;
}

/** A client's call in a span of its own. */
export interface TracedCall {
  readonly headers: TraceHeaders;
  end(end: CallEnd): void;
}

/** `dns:///scheduler:7070`, `host:port` or `[::1]:7070`. Other targets have no port. */
const TARGET = /^(?:[a-z]+:\/{0,3})?(\[[^\]]+\]|[^:/]+):(\d+)$/;

function serverOf(address: string): Record<string, string | number> {
  const [, host, port] = TARGET.exec(address) ?? [];
  if (host === undefined) return { [attributeNames.serverAddress]: address };
  return { [attributeNames.serverAddress]: host, [attributeNames.serverPort]: Number(port) };
}

/**
 * Starts a span for a client's gRPC call. A call outside of any trace, such as a probe, has none. `headers` continue the
 * trace at the server.
 */
export function traceClientCall({ path, address, links }: ClientCall): TracedCall {
  if (trace.getSpanContext(context.active()) === undefined) {
    return { headers: {}, end: () => undefined };
  }
  const method = path.slice(1);
  const attributes = {
    [attributeNames.rpcSystem]: "grpc",
    [attributeNames.rpcMethod]: method,
    ...serverOf(address),
  };
  const span = openSpan(method, { kind: "client", attributes });
  if (links !== undefined) {
    span.run(() => {
      if (isRecording()) linkSpan(links());
    });
  }
  return {
    headers: span.run(injectTrace),
    end({ code, failure }) {
      span.describe({ [attributeNames.rpcStatus]: code });
      if (failure !== undefined) span.fail(failure.reason, failure.message);
      span.end();
    },
  };
}
