import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { status } from "@grpc/grpc-js";
import type { CallHeaders } from "../handlers.ts";
import { RpcFault } from "../rpc-fault.ts";

export const headersOf = ({ headers }: IncomingMessage): CallHeaders => ({
  get(name) {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  },
});

export const peerOf = ({ socket }: IncomingMessage): string =>
  `${socket.remoteAddress}:${socket.remotePort}`;

/** The path of a request, without its query. */
export const pathOf = ({ url = "" }: IncomingMessage): string => url.split("?", 1)[0] ?? "";

export const schemeOf = ({ socket }: IncomingMessage): "http" | "https" =>
  (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";

export const cancelled = (): RpcFault =>
  new RpcFault(status.CANCELLED, undefined, { message: "the caller has disconnected" });
