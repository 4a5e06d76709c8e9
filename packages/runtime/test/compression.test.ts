/** Requests that are compressed, or say so: they are refused by every protocol, and nothing of them is unpacked. */
import { once } from "node:events";
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from "node:http2";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Client, compressionAlgorithms, credentials, type ServiceError } from "@grpc/grpc-js";
import { GetJobRequestSchema, JobService } from "@millrace/proto/job-service";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { StatusSchema } from "@millrace/proto/rpc-status";
import { describe, expect, onTestFinished, test } from "vitest";
import { fromGrpcError, type HttpRoute, rpcError, type ServeOptions } from "../src/index.ts";
import { jobsBy, startHttpServer } from "./http-server.ts";
import { failureOf, jobId, startJobServer } from "./job-server.ts";

const getJob = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId }));
const path = (name: string) => `/millrace.jobs.v1.JobService/${name}`;
const check = "/grpc.health.v1.Health/Check";
const reflect = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

function framed(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const refuse = async () => {
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no such key" });
};

/** Opens calls on one connection. */
function callerOf(url: string) {
  const session = connectHttp2(url);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return (at: string, headers: Readonly<Record<string, string>>, method = "POST") => {
    const stream = session.request({ ":method": method, ":path": at, ...headers });
    stream.on("error", () => undefined);
    return stream;
  };
}

/** All that comes back, until the server's end: the headers and trailers of it in one, and the body. */
async function answerTo(stream: ClientHttp2Stream) {
  const headers: IncomingHttpHeaders = {};
  stream.on("response", (got) => Object.assign(headers, got));
  stream.on("trailers", (got) => Object.assign(headers, got));
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  await once(stream, "end");
  const details = headers["grpc-status-details-bin"];
  const said = fromBinary(StatusSchema, Buffer.from(String(details ?? ""), "base64"));
  const [info] = said.details.map((one) => anyUnpack(one, ErrorInfoSchema));
  return { headers, body: Buffer.concat(pieces).toString("latin1"), reason: info?.reason };
}

describe("gRPC", () => {
  async function setup(options: Partial<ServeOptions<string>> = {}) {
    const started: string[] = [];
    const server = await startJobServer(
      {
        async getJob() {
          started.push("getJob");
          return {};
        },
        async *submitStream(requests) {
          for await (const _ of requests) {
            started.push("submitStream");
            yield {};
          }
        },
      },
      options,
    );
    onTestFinished(() => server[Symbol.asyncDispose]());
    const { address } = server.server;
    const open = callerOf(`http://${address}`);
    return {
      ...{ started, address, bugs: server.bugs },
      open: (at: string, headers: Readonly<Record<string, string>> = {}) =>
        open(at, { "content-type": "application/grpc", te: "trailers", ...headers }),
    };
  }
  const methods = [path("GetJob"), path("SubmitStream"), check, reflect];

  test.each(
    methods.flatMap((at) => ["gzip", "deflate", "zstd"].map((encoding) => ({ at, encoding }))),
  )("$at in $encoding is refused before any of it has come", async ({ at, encoding }) => {
    const { open, started } = await setup();
    const answer = await answerTo(open(at, { "grpc-encoding": encoding }));
    expect(answer.reason).toBe("COMPRESSED");
    expect(answer.headers).toMatchObject({
      ...{ "grpc-status": "12", "grpc-accept-encoding": "identity" },
      "grpc-message": expect.stringMatching(`${encoding}.*identity`),
    });
    expect(started).toEqual([]);
  });

  test("a caller is let in first", async () => {
    const { open } = await setup({ authenticate: refuse });
    const answer = await answerTo(open(path("GetJob"), { "grpc-encoding": "gzip" }));
    expect(answer.reason).toBe("UNAUTHENTICATED");
  });

  test.each(methods)("%s in identity is taken, and its answer says so", async (at) => {
    const { open } = await setup();
    const stream = open(at, { "grpc-encoding": "identity" });
    stream.end(framed(at === path("GetJob") ? getJob : Buffer.alloc(0)));
    expect((await answerTo(stream)).headers).toMatchObject({
      ...{ "grpc-status": "0", "grpc-accept-encoding": "identity" },
    });
  });

  test.each(methods.flatMap((at) => [1, 2, 255].map((flags) => ({ at, flags }))))(
    "$at: flags of $flags on a message are refused where no encoding is named",
    async ({ at, flags }) => {
      const { open, started, bugs } = await setup();
      for (const headers of [{}, { "grpc-encoding": "identity" }]) {
        const stream = open(at, headers);
        // Its length says that more is to come: none of it is waited for.
        stream.write(framed(getJob, flags).subarray(0, 6));
        const answer = await answerTo(stream);
        expect(answer.headers["grpc-status"]).toBe("13");
        expect(answer.reason).toBe("COMPRESSED_FLAG");
      }
      const whole = open(at);
      whole.end(framed(gzipSync(getJob), flags));
      expect((await answerTo(whole)).reason).toBe("COMPRESSED_FLAG");
      expect(started).toEqual([]);
      expect(bugs).toEqual([]);
    },
  );

  test("a later message of a stream is looked at too", async () => {
    const { open, started } = await setup();
    const stream = open(path("SubmitStream"));
    stream.write(framed(Buffer.alloc(0)));
    await once(stream, "data");
    stream.write(framed(Buffer.alloc(0), 1));
    expect((await answerTo(stream)).reason).toBe("COMPRESSED_FLAG");
    expect(started).toEqual(["submitStream"]);
  });

  test("grpc-js' own client reads why", async () => {
    const { address } = await setup();
    const client = new Client(address, credentials.createInsecure(), {
      "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
    });
    onTestFinished(() => client.close());
    const error = await new Promise<ServiceError | null>((resolve) =>
      client.makeUnaryRequest(
        path("GetJob"),
        () => Buffer.from(getJob),
        (bytes: Buffer) => bytes,
        {},
        resolve,
      ),
    );
    expect(fromGrpcError(error as ServiceError)).toMatchObject({ reason: "COMPRESSED" });
  });
});

describe("HTTP", () => {
  const route: HttpRoute<string> = {
    method: "PUT",
    path: "/things",
    rpc: JobService.method.submitJob,
    async handle({ body }) {
      for await (const _ of body);
      return { status: 200, body: "" };
    },
  };
  async function setup(options: Partial<ServeOptions<string>> = {}) {
    const started: string[] = [];
    const server = await startHttpServer(
      {
        async getJob() {
          started.push("getJob");
          return {};
        },
        async *submitStream(requests) {
          for await (const _ of requests) {
            started.push("submitStream");
            yield {};
          }
        },
      },
      { routes: [route], ...options },
    );
    onTestFinished(() => server[Symbol.asyncDispose]());
    return { ...server, started, open: callerOf(server.url) };
  }
  const grpc = { accept: "grpc-accept-encoding", header: "grpc-encoding" };
  const forms = [
    {
      ...{ name: "Connect in JSON", at: path("GetJob"), type: "application/json" },
      ...{ header: "content-encoding", accept: "accept-encoding", ends: { ":status": 501 } },
    },
    {
      ...{ name: "Connect in binary", at: path("GetJob"), type: "application/proto" },
      ...{ header: "content-encoding", accept: "accept-encoding", ends: { ":status": 501 } },
    },
    {
      ...{ name: "a stream of Connect", at: path("SubmitStream") },
      ...{ type: "application/connect+proto", header: "connect-content-encoding" },
      ...{ accept: "connect-accept-encoding", ends: { ":status": 200 } },
    },
    {
      ...{ name: "gRPC-Web", at: path("GetJob"), type: "application/grpc-web+proto" },
      ...{ ...grpc, ends: { ":status": 200 } },
    },
    {
      ...{ name: "gRPC", at: path("SubmitStream"), type: "application/grpc" },
      ...{ ...grpc, ends: { "grpc-status": "12" } },
    },
    {
      ...{ name: "plain HTTP", at: "/things", type: "text/plain" },
      ...{ header: "content-encoding", accept: "accept-encoding", ends: { ":status": 415 } },
    },
  ] as const;
  const open = (
    opened: Awaited<ReturnType<typeof setup>>["open"],
    { at, type }: { readonly at: string; readonly type: string },
    headers: Readonly<Record<string, string>> = {},
  ) => opened(at, { "content-type": type, ...headers }, at === "/things" ? "PUT" : "POST");

  test.each(
    forms.flatMap((form) => ["gzip", "br", "gzip, gzip"].map((encoding) => ({ form, encoding }))),
  )("$form.name in $encoding is refused before any of it has come", async ({ form, encoding }) => {
    const server = await setup();
    const answer = await answerTo(open(server.open, form, { [form.header]: encoding }));
    expect(answer.headers).toMatchObject({ ...form.ends, [form.accept]: "identity" });
    expect(server.started).toEqual([]);
    expect(server.bugs).toEqual([]);
    // UNIMPLEMENTED, also where the answer does not show it.
    expect(server.codes()).toEqual([12]);
  });

  test.each(forms)("$name: a caller is let in first", async (form) => {
    const server = await setup({ authenticate: refuse });
    await answerTo(open(server.open, form, { [form.header]: "gzip" }));
    expect(server.codes()).toEqual([16]);
  });

  const flagged = [
    { at: path("GetJob"), type: "application/grpc-web+proto", named: "grpc-encoding" },
    { at: path("GetJob"), type: "application/grpc", named: "grpc-encoding" },
    {
      at: path("SubmitStream"),
      type: "application/connect+proto",
      named: "connect-content-encoding",
    },
  ];
  test.each(flagged)("the flag of $type is refused where no encoding is named", async (form) => {
    const server = await setup();
    for (const headers of [{}, { [form.named]: "identity" }]) {
      const stream = open(server.open, form, headers);
      stream.write(framed(getJob, 1).subarray(0, 6));
      const { headers: got, body } = await answerTo(stream);
      expect(got["grpc-message"] ?? body).toContain("Compressed-Flag");
    }
    expect(server.codes()).toEqual([13, 13]);
    expect(server.started).toEqual([]);
    expect(server.bugs).toEqual([]);
  });

  const compressing = { sendCompression: compressionGzip, compressMinBytes: 0 };
  test.each([
    ["Connect", createConnectTransport],
    ["gRPC-Web", createGrpcWebTransport],
    ["gRPC", createGrpcTransport],
  ] as const)("the own client of Connect reads why, by %s", async (_, make) => {
    const { url } = await setup();
    const rpc = jobsBy((baseUrl) => make({ baseUrl, httpVersion: "2", ...compressing }), url);
    const error = await failureOf(rpc.getJob({ jobId }));
    if (!(error instanceof ConnectError)) throw error;
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "COMPRESSED" }]);
  });
});
