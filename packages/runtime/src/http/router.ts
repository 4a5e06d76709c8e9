import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMethod } from "@bufbuild/protobuf";
import type { CallContext, CallHeaders } from "../handlers.ts";
import type { HttpAnswer } from "./answer.ts";
import type { BodyUse } from "./incoming-call.ts";
import type { QueryCredential } from "./query-credential.ts";

/** The parts of a request's address. */
export interface HttpAddress {
  /** The values of the path's `{parameters}`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface HttpRequest extends HttpAddress {
  readonly headers: CallHeaders;
  /** The body in pieces, for one reader. Throws if the caller stops before its end. */
  readonly body: AsyncIterable<Buffer>;
}

/** A method of the contract with a plain HTTP address, for callers that know only HTTP. */
export interface HttpRoute<Identity> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Segments in braces are parameters: `/v1/jobs/{id}`. A verb may follow: `/v1/groups/{id}:close`. */
  readonly path: string;
  /** Names the call in spans and metrics. */
  readonly rpc: DescMethod;
  /** How `handle` uses the body. Default: "whole". */
  readonly bodyUse?: BodyUse;
  /** A credential that may be in the query in place of a header. */
  readonly queryCredential?: QueryCredential;
  readonly handle: (request: HttpRequest, context: CallContext<Identity>) => Promise<HttpAnswer>;
}

/** Serves one path with one HTTP method, in any protocol. */
export interface Endpoint {
  readonly method: string;
  readonly path: string;
  /** Ends the response. Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, address: HttpAddress): Promise<void>;
}

export type HttpMatch =
  | {
      readonly kind: "found";
      readonly endpoint: Endpoint;
      readonly params: Readonly<Record<string, string>>;
    }
  /** The path exists, but only with these methods. */
  | { readonly kind: "otherMethod"; readonly allow: string }
  | { readonly kind: "notFound" };

/** A segment that is a parameter, with the verb that may follow it. */
const PARAMETER = /^\{(\w+)\}(:\w+)?$/;

/** Returns the path's parameters, or undefined if the path does not match. */
function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    const [, name, verb = ""] = PARAMETER.exec(part) ?? [];
    if (name === undefined ? part !== segment : !segment.endsWith(verb)) return undefined;
    if (name !== undefined) params[name] = decoded(segment.slice(0, segment.length - verb.length));
  }
  return params;
}

/** Decodes a segment. A badly encoded one stays as it is, because no id looks like that. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const allowOf = (methods: readonly string[]): string =>
  [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");

/** Whether a path ends with a parameter and a verb. */
const hasVerb = (path: string): boolean => /\}:\w+$/.test(path);

/**
 * Finds the endpoint of a request. HEAD uses the endpoint of GET. `{id}` also fits `a:close`, so a path with a verb takes
 * precedence, for each method.
 */
export function createRouter(
  endpoints: readonly Endpoint[],
): (method: string, pathname: string) => HttpMatch {
  const patterns = endpoints.map((endpoint) => ({
    ...{ endpoint, pattern: endpoint.path.split("/") },
    verb: hasVerb(endpoint.path),
  }));
  patterns.sort((a, b) => Number(b.verb) - Number(a.verb));
  return (method, pathname) => {
    const segments = pathname.split("/");
    const wanted = method === "HEAD" ? "GET" : method;
    const others: string[] = [];
    let verbFits = false;
    for (const { endpoint, pattern, verb } of patterns) {
      if (verbFits && !verb) break;
      const params = paramsOf(pattern, segments);
      if (params === undefined) continue;
      verbFits = verb;
      if (endpoint.method === wanted) return { kind: "found", endpoint, params };
      others.push(endpoint.method);
    }
    return others.length === 0
      ? { kind: "notFound" }
      : { kind: "otherMethod", allow: allowOf(others) };
  };
}
