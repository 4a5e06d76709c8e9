import { ConnectError } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { JobService } from "@millrace/proto/job-service";
import { ErrorInfoSchema } from "@millrace/proto/rpc-error-details";
import { expect, onTestFinished, test } from "vitest";
import type { HttpRoute, ServeOptions } from "../src/index.ts";
import { answerTo, callerOf, framed, getJob, path, refuse } from "./compression-setup.ts";
import { jobsBy, startHttpServer } from "./http-server.ts";
import { failureOf, jobId } from "./job-server.ts";

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
)("refuses $form.name in $encoding before any of it has arrived", async ({ form, encoding }) => {
  const server = await setup();
  const answer = await answerTo(open(server.open, form, { [form.header]: encoding }));
  expect(answer.headers).toMatchObject({ ...form.ends, [form.accept]: "identity" });
  expect(server.started).toEqual([]);
  expect(server.bugs).toEqual([]);
  // The code is UNIMPLEMENTED, even if the answer does not show it.
  expect(server.codes()).toEqual([12]);
});

test.each(forms)("$name: authenticates the caller first", async (form) => {
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
test.each(flagged)("refuses the flag of $type if no encoding is named", async (form) => {
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
] as const)("tells the reason to Connect's own client over %s", async (_, make) => {
  const { url } = await setup();
  const rpc = jobsBy((baseUrl) => make({ baseUrl, httpVersion: "2", ...compressing }), url);
  const error = await failureOf(rpc.getJob({ jobId }));
  if (!(error instanceof ConnectError)) throw error;
  expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "COMPRESSED" }]);
});
