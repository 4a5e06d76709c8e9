import type { IncomingMessage, ServerResponse } from "node:http";
import { Departure } from "./departure.ts";
import { connectEndpoints } from "./http/connect-endpoints.ts";
import { answerCors } from "./http/cors.ts";
import { listenHttp } from "./http/listener.ts";
import { type OpenText, openTextEndpoint } from "./http/open-text.ts";
import { type AnswerForm, answerIn, sendFault } from "./http/problem.ts";
import { guardConnection } from "./http/rest-of-request.ts";
import { routeEndpoint } from "./http/route-call.ts";
import { createRouter, type HttpRoute } from "./http/router.ts";
import { Inflow } from "./inflow/inflow.ts";
import { rpcError } from "./rpc-fault.ts";
import { callSettings, defaultServeLimits, type ServeOptions } from "./serve.ts";
import { warmValidation } from "./validation.ts";

export interface ServeHttpOptions<Identity> extends ServeOptions<Identity> {
  /** Routes besides the services' own paths. */
  readonly routes?: readonly HttpRoute<Identity>[];
  /** Texts that anyone may read. */
  readonly texts?: readonly OpenText[];
  /** Paths that answer in a form of their own: their faults too, and paths among them that no route has. */
  readonly formOf?: (pathname: string) => AnswerForm | undefined;
  /** Origins of the pages that may call from a browser; `*` allows all. */
  readonly allowedOrigins?: readonly string[];
}

export interface RunningHttpServer {
  readonly port: number;
  /** The `host:port` of the server. */
  readonly address: string;
  /** Aborts the `leaving` of the calls of now, and sends clients elsewhere. New connections and calls are accepted. */
  leave(): void;
  /** Aborts `draining`, refuses new calls, waits up to `graceMs`, and then cuts the remaining calls. */
  close(): Promise<void>;
}

/**
 * Serves the services over Connect, gRPC-Web and gRPC, and routes of plain HTTP, on HTTP/1.1 and HTTP/2. The same code handles
 * a call here and in `serve`.
 */
export async function serveHttp<Identity = undefined>(
  options: ServeHttpOptions<Identity>,
): Promise<RunningHttpServer> {
  const limits = { ...defaultServeLimits, ...options.limits };
  const departure = new Departure();
  const settings = callSettings(options, departure);
  for (const { desc } of options.services) warmValidation(desc);
  const inflow = options.inflow ?? new Inflow(limits, options.clock);
  const incoming = { ...limits, inflow };
  const find = createRouter([
    ...connectEndpoints(options.services, settings, incoming),
    ...(options.routes ?? []).map((route) => routeEndpoint(route, settings, incoming)),
    ...(options.texts ?? []).map(openTextEndpoint),
  ]);
  const origins = new Set(options.allowedOrigins ?? []);

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    guardConnection(request, response, options.clock);
    const stopping = departure.draining.aborted;
    if (stopping && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    if (answerCors(origins, request, response)) return;
    const url = urlOf(request);
    const form = url === undefined ? undefined : options.formOf?.(url.pathname);
    if (form !== undefined) answerIn(response, form);
    if (stopping) return sendFault(response, stops());
    if (url === undefined) return sendFault(response, noAddress());
    const method = request.method ?? "";
    const match = find(method, url.pathname);
    if (match.kind === "found") {
      const { endpoint, params } = match;
      return void endpoint.serve(request, response, { params, query: url.searchParams });
    }
    if (match.kind === "notFound") return sendFault(response, noRoute(method, url.pathname));
    response.setHeader("allow", match.allow);
    if (method !== "OPTIONS") return sendFault(response, otherMethod(method, match.allow));
    response.writeHead(204);
    response.end();
  };
  const { listen, tls, clock } = options;
  const listener = await listenHttp({ listen, tls, limits, inflow, clock, onRequest });

  let closing: Promise<void> | undefined;
  return {
    port: listener.port,
    address: `${listen.host}:${listener.port}`,
    leave() {
      departure.leave();
      listener.leave();
    },
    close() {
      departure.drain();
      closing ??= listener.close();
      return closing;
    },
  };
}

/** Reads a request's URL. HTTP/2 has a header of its own for the host, which Node may leave out of `host`. */
function urlOf(request: IncomingMessage): URL | undefined {
  const host = request.headers[":authority"] ?? request.headers.host;
  if (typeof host !== "string") return undefined;
  return URL.parse(request.url ?? "", `http://${host}`) ?? undefined;
}

const stops = () =>
  rpcError({
    reason: "DRAINING",
    message: "this server is stopping: try again",
    retryDelayMs: 1_000,
  });
const noAddress = () =>
  rpcError({ reason: "MALFORMED", message: "the request's host and path are not a valid address" });
const noRoute = (method: string, path: string) =>
  rpcError({ reason: "ROUTE_NOT_FOUND", message: `there is no route ${method} ${path}` });
const otherMethod = (method: string, allow: string) =>
  rpcError({
    reason: "METHOD_NOT_ALLOWED",
    message: `this path does not accept ${method}: use one of ${allow}`,
  });
