import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
} from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { GetJobRequestSchema, JobService } from "@millrace/proto/job-service";
import type { ManualClock } from "@millrace/testing";
import { onTestFinished } from "vitest";
import { type HttpRoute, rpcError, type ServeOptions } from "../src/index.ts";
import { jobId, startJobServer } from "./job-server.ts";

export const MIB = 1024 * 1024;
export const path = (name: string) => `/millrace.jobs.v1.JobService/${name}`;
export const getJob = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId }));
/** A gRPC message whose head announces the given length. */
export function head(bytes: number): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(bytes, 1);
  return frame;
}
export const message = (bytes: Uint8Array) => Buffer.concat([head(bytes.length), bytes]);

export const route: HttpRoute<string> = {
  method: "POST",
  path: "/things",
  rpc: JobService.method.submitJob,
  async handle({ body }) {
    let bytes = 0;
    for await (const piece of body) bytes += piece.length;
    return { status: 200, body: String(bytes) };
  },
};

export interface Setup extends Partial<ServeOptions<string>> {}
export async function startGrpc(options: Setup = {}) {
  const started: string[] = [];
  const server = await startJobServer(
    {
      async getJob() {
        started.push("getJob");
        return {};
      },
      async *submitStream(requests) {
        for await (const _ of requests) yield {};
      },
    },
    options,
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  const session = connectHttp2(`http://${server.server.address}`);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  await connected(session);
  return { started, session, address: server.server.address };
}

export function open(session: ClientHttp2Session, name: string): ClientHttp2Stream {
  const stream = session.request({
    ...{ ":method": "POST", ":path": path(name), "content-type": "application/grpc" },
    te: "trailers",
  });
  stream.on("error", () => undefined);
  return stream;
}
export const statusOf = async (stream: ClientHttp2Stream): Promise<number> => {
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  if (headers["grpc-status"] !== undefined) return Number(headers["grpc-status"]);
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
  return Number(trailers["grpc-status"]);
};
/** Waits until earlier data is sent: a ping would overtake it. */
export async function connected(session: ClientHttp2Session): Promise<void> {
  await once(session, "connect");
  await roundTrip(session);
}

/** Resolves when the server has read what was sent before. */
export const roundTrip = (session: ClientHttp2Session) =>
  new Promise<void>((resolve) => session.ping(() => resolve()));
/** Advances the clock in steps within which the server's own pings are answered. */
export async function pass(
  clock: ManualClock,
  session: ClientHttp2Session,
  ms: number,
): Promise<void> {
  for (let left = ms; left > 0; left -= 4_000) {
    clock.advance(Math.min(4_000, left));
    await roundTrip(session);
  }
}

export const refuse = async () => {
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no such key" });
};
