import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { JobService } from "@millrace/proto/job-service";
import { systemClock } from "@millrace/shared";
import { bindService } from "../src/handlers.ts";
import {
  type FinishedCall,
  type Handlers,
  type ServeHttpOptions,
  serveHttp,
} from "../src/index.ts";
import { noHandlers } from "./job-server.ts";

/** A real HTTP server on loopback with the given handlers. */
export async function startHttpServer(
  handlers: Partial<Handlers<typeof JobService, string>>,
  options: Partial<ServeHttpOptions<string>> = {},
) {
  const bugs: unknown[] = [];
  const finished: FinishedCall[] = [];
  const server = await serveHttp<string>({
    listen: { host: "127.0.0.1", port: 0 },
    services: [bindService<typeof JobService, string>(JobService, { ...noHandlers, ...handlers })],
    clock: systemClock,
    authenticate: async () => "nobody",
    onBug: (error) => bugs.push(error),
    onFinished: (call) => finished.push(call),
    ...options,
  });
  const scheme = options.tls === undefined ? "http" : "https";
  return {
    bugs,
    server,
    url: `${scheme}://${server.address}`,
    codes: () => finished.map(({ code }) => code),
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
}

type Make = (baseUrl: string, interceptors?: Interceptor[]) => Transport;

/** Every protocol and HTTP version by which the same method can be called. */
export const transports: readonly (readonly [string, Make])[] = [
  ["Connect in JSON on HTTP/1.1", connect("1.1", false)],
  ["Connect in binary on HTTP/1.1", connect("1.1", true)],
  ["Connect on HTTP/2", connect("2", true)],
  ["gRPC-Web on HTTP/1.1", grpcWeb("1.1")],
  ["gRPC-Web on HTTP/2", grpcWeb("2")],
  ["gRPC on HTTP/2", (baseUrl) => createGrpcTransport({ baseUrl })],
];

function connect(httpVersion: "1.1" | "2", useBinaryFormat: boolean): Make {
  return (baseUrl, interceptors = []) =>
    createConnectTransport({ baseUrl, httpVersion, useBinaryFormat, interceptors });
}

function grpcWeb(httpVersion: "1.1" | "2"): Make {
  return (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion });
}

export const jobsBy = (make: Make, url: string): Client<typeof JobService> =>
  createClient(JobService, make(url));
