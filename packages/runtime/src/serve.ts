import "./message-streams.ts";
import type { ServerHttp2Session } from "node:http2";
import type { Server as NetServer } from "node:net";
import { type ChannelOptions, Server } from "@grpc/grpc-js";
import { keepalive, methodPath, serviceDefinition } from "@millrace/grpc";
import { type Clock, limits as contract } from "@millrace/shared";
import { openCall, type ServedMethod, serveCalls } from "./call-adapter.ts";
import { Departure } from "./departure.ts";
import { type BoundService, type CallHeaders, methodsOf } from "./handlers.ts";
import { defaultInflowLimits, Inflow, type InflowLimits } from "./inflow/inflow.ts";
import { limitConnections } from "./inflow/limit-connections.ts";
import { leaveSession } from "./leave-session.ts";
import { healthService } from "./open-methods.ts";
import { reflectionOf } from "./reflection.ts";
import type { ReloadedValue } from "./reloaded-value.ts";
import type { RpcFault } from "./rpc-fault.ts";
import type { CallSettings, FinishedCall } from "./run-call.ts";
import { allowResets, type StreamResets } from "./stream-resets.ts";
import type { ServerTls } from "./tls.ts";
import { serverCredentials } from "./tls-credentials.ts";
import { warmValidation } from "./validation.ts";

export interface ServeLimits extends InflowLimits {
  /** The longest request or stream message, in bytes. */
  readonly messageBytes: number;
  /** The most fields of one request or stream message, including the fields of all messages within it. */
  readonly messageFields: number;
  /** How many calls one connection may have at once. */
  readonly concurrentStreams: number;
  /** The approximate age at which connections are closed gracefully, so that clients find new replicas. */
  readonly connectionAgeMs: number;
  /** How long `close` lets calls finish before it cuts them. */
  readonly graceMs: number;
  /** Only for trusted peers that share a connection among many callers. Left out: HTTP/2's own limit. */
  readonly streamResets?: StreamResets;
}

export const defaultServeLimits: ServeLimits = {
  ...defaultInflowLimits,
  messageBytes: 4 * 1024 * 1024,
  messageFields: contract.messageFields,
  concurrentStreams: 1_000,
  connectionAgeMs: 3_600_000,
  graceMs: 10_000,
};

/** The options of every listener, in any protocol. */
export interface ServeOptions<Identity> {
  /** With port 0, the system chooses a free port. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Plaintext if left out. New connections use the current certificate. */
  readonly tls?: ReloadedValue<ServerTls> | undefined;
  readonly services: readonly BoundService<Identity>[];
  readonly clock: Clock;
  /** Called as soon as the headers have arrived, before anything else is read. Throws an RpcFault to refuse the call. */
  readonly authenticate?: (headers: CallHeaders, path: string, peer: string) => Promise<Identity>;
  /**
   * Calls `end` when the identity's access is revoked: its calls then end with that fault. Returns a function that stops
   * the watch.
   */
  readonly onRevoked?: (identity: Identity, end: (fault: RpcFault) => void) => () => void;
  /** The caller whose limits a call counts against, such as an API key. Left out: no limits per caller. */
  readonly callerOf?: (identity: Identity) => string;
  readonly limits?: Partial<ServeLimits>;
  /** Limits on incoming requests that several listeners share. Left out: this listener has its own. */
  readonly inflow?: Inflow;
  /** Called once per call that a handler's bug ended. The caller sees only INTERNAL. */
  readonly onBug: (error: unknown, path: string) => void;
  readonly onFinished?: (call: FinishedCall) => void;
  /** Set this to false for calls that last as long as their client: they belong to no single trace. Default: true. */
  readonly traced?: boolean;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** The `host:port` of the server. */
  readonly address: string;
  readonly health: { setServing(serving: boolean): void };
  /**
   * Reports NOT_SERVING, aborts the `leaving` of the calls of now, and sends clients elsewhere. New connections and calls are
   * accepted.
   */
  leave(): void;
  /** Aborts `draining`, refuses new calls, waits up to `graceMs`, and then cuts the remaining calls. */
  close(): Promise<void>;
}

export const callSettings = <Identity>(
  {
    authenticate = async () => undefined as Identity,
    onRevoked = () => () => undefined,
    callerOf = () => undefined as never,
    ...options
  }: ServeOptions<Identity>,
  departure: Departure,
): CallSettings => ({
  authenticate,
  onRevoked: onRevoked as CallSettings["onRevoked"],
  callerOf: callerOf as CallSettings["callerOf"],
  departure,
  nowMs: () => options.clock.nowMs(),
  onBug: options.onBug,
  onFinished: options.onFinished ?? (() => undefined),
  traced: options.traced ?? true,
});

const serverOptions = (limits: ServeLimits): ChannelOptions => ({
  "grpc.max_receive_message_length": limits.messageBytes,
  "grpc.max_concurrent_streams": limits.concurrentStreams,
  "grpc.max_connection_age_ms": limits.connectionAgeMs,
  "grpc.max_connection_age_grace_ms": limits.connectionAgeMs,
  ...keepalive,
});

/** Serves the services over gRPC, with health and reflection. Resolves once it accepts calls. */
export async function serve<Identity = undefined>(
  options: ServeOptions<Identity>,
): Promise<RunningServer> {
  const limits = { ...defaultServeLimits, ...options.limits };
  const departure = new Departure();
  const settings = callSettings(options, departure);
  const inflow = options.inflow ?? new Inflow(limits, options.clock);
  const methods = new Map<string, ServedMethod>();
  const server = new Server({
    ...serverOptions(limits),
    interceptors: [serveCalls(methods, settings, { inflow, mostFields: limits.messageFields })],
  });
  if (limits.streamResets !== undefined) allowResets(server, limits.streamResets);
  const names = ["", ...options.services.map(({ desc }) => desc.typeName)];
  const health = healthService();
  const setServing = (serving: boolean) => {
    const status = serving && !departure.begun ? "SERVING" : "NOT_SERVING";
    for (const name of names) health.setStatus(name, status);
  };

  for (const service of options.services) {
    const { desc } = service;
    warmValidation(desc);
    const definition = rawRequests(serviceDefinition(desc));
    for (const [method, handler] of methodsOf(service)) {
      methods.set(methodPath(method), { method, handler });
    }
    server.addService(
      definition,
      Object.fromEntries(Object.keys(definition).map((name) => [name, openCall])),
    );
  }
  health.addToServer(server);
  reflectionOf(options.services.map(({ desc }) => desc)).addToServer(server);

  const { host } = options.listen;
  const port = await new Promise<number>((resolve, reject) => {
    const target = `${host}:${options.listen.port}`;
    server.bindAsync(target, serverCredentials(options.tls), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const sessions = new Set<ServerHttp2Session>();
  for (const listener of listenersOf(server)) {
    limitConnections(listener, inflow);
    listener.on("session", (session: ServerHttp2Session) => {
      sessions.add(session);
      session.once("close", () => sessions.delete(session));
    });
  }
  setServing(true);

  let closing: Promise<void> | undefined;
  const close = async () => {
    departure.drain();
    setServing(false);
    await new Promise<void>((resolve) => {
      const timer = options.clock.after(limits.graceMs, () => server.forceShutdown());
      // This also calls back after forceShutdown has cut the last call.
      server.tryShutdown(() => {
        timer.cancel();
        resolve();
      });
    });
  };
  return {
    host,
    port,
    address: `${host}:${port}`,
    health: { setServing },
    leave() {
      departure.leave();
      setServing(false);
      for (const session of sessions) leaveSession(session, options.clock);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** The listeners of grpc-js. They are a private field, because grpc-js has no limit on connections of its own. */
const listenersOf = (server: Server): Iterable<NetServer> =>
  (
    server as unknown as { readonly http2Servers: ReadonlyMap<NetServer, unknown> }
  ).http2Servers.keys();

/** Passes requests to the adapter as bytes, so that a request that does not parse is MALFORMED and not a bug. */
function rawRequests(definition: ReturnType<typeof serviceDefinition>) {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer) => bytes },
    ]),
  );
}
