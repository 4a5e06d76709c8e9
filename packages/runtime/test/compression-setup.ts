import { once } from "node:events";
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { GetJobRequestSchema } from "@millrace/proto/job-service";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { StatusSchema } from "@millrace/proto/rpc-status";
import { onTestFinished } from "vitest";
import { rpcError } from "../src/index.ts";
import { jobId } from "./job-server.ts";

export const getJob = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId }));
export const path = (name: string) => `/millrace.jobs.v1.JobService/${name}`;
export const check = "/grpc.health.v1.Health/Check";
export const reflect = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

export function framed(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export const refuse = async () => {
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no such key" });
};

/** Opens calls on one connection. */
export function callerOf(url: string) {
  const session = connectHttp2(url);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return (at: string, headers: Readonly<Record<string, string>>, method = "POST") => {
    const stream = session.request({ ":method": method, ":path": at, ...headers });
    stream.on("error", () => undefined);
    return stream;
  };
}

/** Collects all that arrives until the server's end: its headers and trailers together, and the body. */
export async function answerTo(stream: ClientHttp2Stream) {
  const headers: IncomingHttpHeaders = {};
  stream.on("response", (got) => Object.assign(headers, got));
  stream.on("trailers", (got) => Object.assign(headers, got));
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  await once(stream, "end");
  const details = headers["grpc-status-details-bin"];
  const rpcStatus = fromBinary(StatusSchema, Buffer.from(String(details ?? ""), "base64"));
  const [info] = rpcStatus.details.map((one) => anyUnpack(one, ErrorInfoSchema));
  return { headers, body: Buffer.concat(pieces).toString("latin1"), reason: info?.reason };
}
