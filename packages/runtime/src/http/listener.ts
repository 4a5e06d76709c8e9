import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Clock, systemRandom } from "@millrace/shared";
import type { Inflow } from "../inflow/inflow.ts";
import { limitConnections } from "../inflow/limit-connections.ts";
import type { ReloadedValue } from "../reloaded-value.ts";
import type { ServeLimits } from "../serve.ts";
import type { ServerTls } from "../tls.ts";
import { ConnectionAge } from "./connection-age.ts";
import { Http1Connections } from "./http1-connections.ts";
import { type HttpProtocol, protocolOf } from "./protocol-of.ts";
import { continueWhenRead } from "./rest-of-request.ts";
import { trackSessions } from "./sessions.ts";

/** The limit for all header fields of a request, names and values. HTTP/1.1 answers 431 beyond it. */
const HEADER_BYTES = 16 * 1024;
/** Longer than proxies keep idle connections, so that the proxy closes first and never sends on a closed connection. */
const KEEP_ALIVE_MS = 75_000;
/** How soon the operating system probes a silent peer. */
const TCP_KEEP_ALIVE_MS = 10_000;

export interface ListenerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: ReloadedValue<ServerTls> | undefined;
  readonly limits: ServeLimits;
  readonly inflow: Inflow;
  readonly clock: Clock;
  readonly onRequest: RequestListener;
}

export interface Listener {
  readonly port: number;
  /** Sends the clients of the connections of now elsewhere, and accepts new connections. */
  leave(): void;
  /** Accepts no more connections, lets calls under way finish for the limits' `graceMs`, and then cuts them. */
  close(): Promise<void>;
}

/**
 * Serves HTTP/1.1 and HTTP/2 on one port. With TLS, the protocol is negotiated (ALPN). In plaintext, a connection's first
 * bytes tell. The HTTP/1.1 server accepts every connection and applies the limits and time-outs. Connections of HTTP/2 go on
 * to a server that does not listen itself.
 */
export async function listenHttp(options: ListenerOptions): Promise<Listener> {
  const { listen, tls, limits, clock, onRequest } = options;
  const server = http1Server(tls, onRequest);
  const http2 = createHttp2Server({
    settings: { maxConcurrentStreams: limits.concurrentStreams, maxHeaderListSize: HEADER_BYTES },
  });
  // Node's requests and responses of HTTP/2 have the same interface as those of HTTP/1.1.
  http2.on("request", onRequest as never);
  const age = new ConnectionAge(limits.connectionAgeMs, clock, systemRandom);
  const sessions = trackSessions(http2, { clock, age });
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  const http1 = new Http1Connections(server, age);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const event = tls === undefined ? "connection" : "secureConnection";
  const takeHttp1 = takeOver(server, event, async (socket) => {
    undecided.add(socket);
    const protocol = tls === undefined ? await protocolOf(socket, clock) : agreedProtocol(socket);
    undecided.delete(socket);
    if (protocol === "http1") {
      http1.add(socket);
      takeHttp1(socket);
    }
    if (protocol !== "http2") return;
    // An HTTP/1.1 client that half-closes still gets its answer; an HTTP/2 client that does so is gone.
    socket.allowHalfOpen = false;
    http2.emit("connection", socket);
  });

  limitConnections(server, options.inflow);

  // This runs before the listener that answers.
  server.prependListener("request", http1.onRequest);
  // The caller is authenticated before it sends the body.
  server.on("checkContinue", (request, response) => {
    continueWhenRead(request, response);
    http1.onRequest(request, response);
    onRequest(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    leave() {
      http1.leave();
      sessions.leave();
    },
    close: () =>
      new Promise((resolve) => {
        http1.close();
        const late = clock.after(limits.graceMs, () => {
          for (const socket of sockets) socket.destroy();
        });
        server.close(() => {
          late.cancel();
          resolve();
        });
        for (const socket of undecided) socket.destroy();
        sessions.close();
      }),
  };
}

function http1Server(
  tls: ReloadedValue<ServerTls> | undefined,
  onRequest: RequestListener,
): Server {
  const options = {
    maxHeaderSize: HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
  };
  if (tls === undefined) return createServer(options, onRequest);
  const server = createSecureServer(
    {
      ...options,
      ...contextOf(tls.current),
      requestCert: tls.current.clientCa !== undefined,
      ALPNProtocols: ["h2", "http/1.1"],
    },
    onRequest,
  );
  tls.onReplaced((replaced) => server.setSecureContext(contextOf(replaced)));
  return server;
}

const contextOf = ({ key, cert, clientCa }: ServerTls) => ({
  ...{ key, cert },
  ...(clientCa === undefined ? {} : { ca: clientCa }),
});

/** Replaces the server's own listener for connections with `take`. Returns the replaced one. */
function takeOver(server: Server, event: string, take: (socket: Socket) => Promise<void>) {
  const own = server.listeners(event).find(({ name }) => name === "connectionListener");
  if (own === undefined) throw new Error(`Node's server does not listen to its own ${event}`);
  server.off(event, own as (socket: Socket) => void);
  server.on(event, (socket: Socket) => void take(socket));
  return (socket: Socket) => own.call(server, socket);
}

const agreedProtocol = (socket: Socket): HttpProtocol =>
  (socket as TLSSocket).alpnProtocol === "h2" ? "http2" : "http1";
