import { context, trace } from "@opentelemetry/api";
import { openSpan } from "./spans.ts";
import { attributeNames } from "./trace-names.ts";

export interface HttpCall {
  readonly method: string;
  readonly url: string | URL;
  /** An error after this has aborted is no failure: the caller gave the call up. */
  readonly signal?: AbortSignal | null | undefined;
}

const PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/** Describes the server of an address. */
export function serverAttributes(address: string | URL): Record<string, string | number> {
  const { hostname, port, protocol } = new URL(address);
  return {
    [attributeNames.serverAddress]: hostname,
    [attributeNames.serverPort]: port === "" ? (PORTS[protocol] ?? 0) : Number(port),
  };
}

/** An address without what may be secret: its user, its password and its query. */
function shown(address: string | URL): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

/**
 * Runs an HTTP request in a span of its own, until the head of its response has arrived. The request carries no trace: its
 * server may belong to somebody else. A status of 400 or more is an error, as the conventions for clients demand. A call
 * outside of any trace has no span.
 */
export async function traceHttpCall<Response extends { readonly status: number }>(
  { method, url, signal }: HttpCall,
  send: () => Promise<Response>,
): Promise<Response> {
  if (trace.getSpanContext(context.active()) === undefined) return send();
  const attributes = {
    [attributeNames.httpMethod]: method,
    [attributeNames.urlFull]: shown(url),
    ...serverAttributes(url),
  };
  const span = openSpan(method, { kind: "client", attributes });
  try {
    const response = await span.run(send);
    const { status } = response;
    span.describe({ [attributeNames.httpStatus]: status });
    if (status >= 400) span.fail(String(status));
    return response;
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    if (signal?.aborted !== true) span.fail(reason, String(error));
    throw error;
  } finally {
    span.end();
  }
}
