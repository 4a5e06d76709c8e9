import "./message-streams.ts";
import { type ChannelOptions, Server, type ServerInterceptor } from "@grpc/grpc-js";
import { type Clock, limits as contract } from "@millrace/shared";
import { HealthImplementation } from "grpc-health-check";
import { adaptHandler } from "./call-adapter.ts";
import { type BoundService, type CallHeaders, methodsOf } from "./handlers.ts";
import { reflectionOf } from "./reflection.ts";
import type { Renewed } from "./renewed.ts";
import type { CallSettings, FinishedCall } from "./run-call.ts";
import { grpcServiceDefinition } from "./service-definition.ts";
import { allowResets, type StreamResets } from "./stream-resets.ts";
import type { ServerTls } from "./tls.ts";
import { serverCredentials } from "./tls-credentials.ts";
import { warmValidation } from "./validation.ts";

export interface ServeLimits {
  /** The longest request or stream message, in bytes. */
  readonly messageBytes: number;
  /** The most fields of one request or stream message, those of all messages within it included. */
  readonly messageFields: number;
  /** Calls at once on one connection. */
  readonly concurrentStreams: number;
  /** Connections are closed kindly after about this long, so that clients find new replicas. */
  readonly connectionAgeMs: number;
  /** How long `close` lets calls finish before it cuts them. */
  readonly graceMs: number;
  /** Left out: HTTP/2's own bound. For peers that are trusted and share a connection among many. */
  readonly streamResets?: StreamResets;
}

export const defaultServeLimits: ServeLimits = {
  messageBytes: 4 * 1024 * 1024,
  messageFields: contract.messageFields,
  concurrentStreams: 1_000,
  connectionAgeMs: 3_600_000,
  graceMs: 10_000,
};

/** What every listener of a service is told, whatever protocol it speaks. */
export interface ServeOptions<Identity> {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Plaintext unless given. What is renewed is shown to new connections. */
  readonly tls?: Renewed<ServerTls> | undefined;
  readonly services: readonly BoundService<Identity>[];
  readonly clock: Clock;
  /** Before the request is looked at. Throws an RpcFault to refuse. */
  readonly authenticate?: (headers: CallHeaders, path: string) => Promise<Identity>;
  readonly interceptors?: readonly ServerInterceptor[];
  readonly limits?: Partial<ServeLimits>;
  /** Called once per call that a handler's bug ended; the caller sees INTERNAL and nothing else. */
  readonly onBug: (error: unknown, path: string) => void;
  readonly onFinished?: (call: FinishedCall) => void;
  /** False for calls that last for their client's life: no one trace is theirs. Default true. */
  readonly traced?: boolean;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly health: { setServing(serving: boolean): void };
  /** Aborts `draining`, refuses new calls, waits up to `graceMs`, then cuts what is left. */
  close(): Promise<void>;
}

export const callSettings = <Identity>(
  { authenticate = async () => undefined as Identity, ...options }: ServeOptions<Identity>,
  draining: AbortSignal,
): CallSettings => ({
  authenticate,
  draining,
  nowMs: () => options.clock.nowMs(),
  onBug: options.onBug,
  onFinished: options.onFinished ?? (() => undefined),
  traced: options.traced ?? true,
});

const channelOptions = (limits: ServeLimits): ChannelOptions => ({
  "grpc.max_receive_message_length": limits.messageBytes,
  "grpc.max_concurrent_streams": limits.concurrentStreams,
  "grpc.max_connection_age_ms": limits.connectionAgeMs,
  "grpc.max_connection_age_grace_ms": limits.connectionAgeMs,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
});

/** Listens, with health and reflection beside the services; resolves once calls are taken. */
export async function serve<Identity = undefined>(
  options: ServeOptions<Identity>,
): Promise<RunningServer> {
  const limits = { ...defaultServeLimits, ...options.limits };
  const server = new Server({
    ...channelOptions(limits),
    interceptors: [...(options.interceptors ?? [])],
  });
  if (limits.streamResets !== undefined) allowResets(server, limits.streamResets);
  const draining = new AbortController();
  const names = ["", ...options.services.map(({ desc }) => desc.typeName)];
  const health = new HealthImplementation();
  const setServing = (serving: boolean) => {
    const status = serving && !draining.signal.aborted ? "SERVING" : "NOT_SERVING";
    for (const name of names) health.setStatus(name, status);
  };

  const settings = callSettings(options, draining.signal);
  for (const service of options.services) {
    const { desc } = service;
    warmValidation(desc);
    const adapted = methodsOf(service).map(
      ([method, handler]) =>
        [method.localName, adaptHandler(method, handler, settings, limits)] as const,
    );
    server.addService(rawRequests(grpcServiceDefinition(desc)), Object.fromEntries(adapted));
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
  setServing(true);

  let closing: Promise<void> | undefined;
  const close = async () => {
    draining.abort();
    setServing(false);
    await new Promise<void>((resolve) => {
      const timer = options.clock.after(limits.graceMs, () => server.forceShutdown());
      // Answers also once forceShutdown has cut the last call.
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
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Requests reach the adapter as bytes, so that one that does not parse is MALFORMED and not a fault. */
function rawRequests(definition: ReturnType<typeof grpcServiceDefinition>) {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer) => bytes },
    ]),
  );
}
