/** Requests that are compressed, or say that they are: every protocol refuses them, and nothing of them is unpacked. */
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { Client, compressionAlgorithms, credentials, type ServiceError } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { fromGrpcError, type ServeOptions } from "../src/index.ts";
import {
  answerTo,
  callerOf,
  check,
  framed,
  getJob,
  path,
  reflect,
  refuse,
} from "./compression-setup.ts";
import { startJobServer } from "./job-server.ts";

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
)("refuses $at in $encoding before any of it has arrived", async ({ at, encoding }) => {
  const { open, started } = await setup();
  const answer = await answerTo(open(at, { "grpc-encoding": encoding }));
  expect(answer.reason).toBe("COMPRESSED");
  expect(answer.headers).toMatchObject({
    ...{ "grpc-status": "12", "grpc-accept-encoding": "identity" },
    "grpc-message": expect.stringMatching(`${encoding}.*identity`),
  });
  expect(started).toEqual([]);
});

test("authenticates the caller first", async () => {
  const { open } = await setup({ authenticate: refuse });
  const answer = await answerTo(open(path("GetJob"), { "grpc-encoding": "gzip" }));
  expect(answer.reason).toBe("UNAUTHENTICATED");
});

test.each(methods)("accepts %s in identity, and says so in the answer", async (at) => {
  const { open } = await setup();
  const stream = open(at, { "grpc-encoding": "identity" });
  stream.end(framed(at === path("GetJob") ? getJob : Buffer.alloc(0)));
  expect((await answerTo(stream)).headers).toMatchObject({
    ...{ "grpc-status": "0", "grpc-accept-encoding": "identity" },
  });
});

test.each(methods.flatMap((at) => [1, 2, 255].map((flags) => ({ at, flags }))))(
  "refuses flags of $flags on a message of $at if no encoding is named",
  async ({ at, flags }) => {
    const { open, started, bugs } = await setup();
    for (const headers of [{}, { "grpc-encoding": "identity" }]) {
      const stream = open(at, headers);
      // Its length announces more bytes, and the server waits for none of them.
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

test("checks later messages of a stream too", async () => {
  const { open, started } = await setup();
  const stream = open(path("SubmitStream"));
  stream.write(framed(Buffer.alloc(0)));
  await once(stream, "data");
  stream.write(framed(Buffer.alloc(0), 1));
  expect((await answerTo(stream)).reason).toBe("COMPRESSED_FLAG");
  expect(started).toEqual(["submitStream"]);
});

test("tells the reason to grpc-js' own client", async () => {
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
