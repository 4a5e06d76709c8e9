import type { IncomingMessage } from "node:http";
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

export const cancelled = (): RpcFault =>
  new RpcFault(status.CANCELLED, undefined, { message: "the caller has disconnected" });
