/** Health and reflection, which anyone may call: what a stranger can make a server hold by them. */
import { once } from "node:events";
import { type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { MessageFrames } from "../src/inflow/message-frames.ts";
import { healthService, OPEN_MESSAGE_BYTES } from "../src/open-methods.ts";
import { startJobServer } from "./job-server.ts";

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";
const reflect = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const reflectAlpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

async function setup() {
  const started = await startJobServer({});
  onTestFinished(() => started[Symbol.asyncDispose]());
  return callerOf(started.server.address);
}

function callerOf(address: string) {
  const session = connectHttp2(`http://${address}`);
  onTestFinished(() => session.destroy());
  return (path: string) => {
    const stream = session.request({
      ...{ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
    });
    stream.on("error", () => undefined);
    return stream;
  };
}

/** The field of protobuf that holds this text, padded by a field that nobody knows to so many bytes. */
function message(field: number, text: string, bytes = 0): Buffer {
  const known = Buffer.concat([Buffer.from([(field << 3) | 2, text.length]), Buffer.from(text)]);
  if (bytes === 0) return known;
  // Field 15, with a length of two bytes.
  const filler = bytes - known.length - 3;
  const head = Buffer.from([(15 << 3) | 2, (filler & 0x7f) | 0x80, filler >> 7]);
  return Buffer.concat([known, head, Buffer.alloc(filler)]);
}
function framed(content: Uint8Array, { bytes = content.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  return Buffer.concat([head, content]);
}

/** Resolves to the status that a call ends with, or to undefined once it answers with a message. */
async function outcome(stream: ClientHttp2Stream): Promise<number | undefined> {
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  const ended = headers["grpc-status"];
  if (ended !== undefined) return Number(ended);
  await once(stream, "data");
  return undefined;
}

/** The server has read what was sent before. */
async function roundTrip(open: ReturnType<typeof callerOf>) {
  const stream = open(check);
  stream.end(framed(message(1, "known")));
  return await outcome(stream);
}

/** Each method, and a message of it of so many bytes. */
const methods = [
  [check, (bytes?: number) => message(1, "millrace.jobs.v1.JobService", bytes)],
  [watch, (bytes?: number) => message(1, "millrace.jobs.v1.JobService", bytes)],
  [reflect, (bytes?: number) => message(4, "millrace.jobs.v1.JobService", bytes)],
  [reflectAlpha, (bytes?: number) => message(4, "millrace.jobs.v1.JobService", bytes)],
] as const;

test.each(methods)("%s takes a small message, and no larger one", async (path, of) => {
  const open = await setup();
  for (const [bytes, ends] of [
    [OPEN_MESSAGE_BYTES, undefined],
    [OPEN_MESSAGE_BYTES + 1, status.RESOURCE_EXHAUSTED],
  ] as const) {
    const stream = open(path);
    stream.end(framed(of(bytes)));
    expect(await outcome(stream)).toBe(ends);
  }
});

test.each(methods)("%s refuses a larger message by its length, before it comes", async (path) => {
  const open = await setup();
  const stream = open(path);
  stream.write(framed(Buffer.alloc(0), { bytes: OPEN_MESSAGE_BYTES + 1 }));
  expect(await outcome(stream)).toBe(status.RESOURCE_EXHAUSTED);
});

test("a name that was watched is forgotten with its last watcher, known or not", async () => {
  const health = healthService();
  health.setStatus("known", "SERVING");
  const server = new Server();
  health.addToServer(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  onTestFinished(() => server.forceShutdown());
  const open = callerOf(`127.0.0.1:${port}`);
  const { watchers } = health as unknown as { watchers: ReadonlyMap<string, unknown> };
  const watched = async (name: string) => {
    const stream = open(watch);
    stream.end(framed(message(1, name)));
    expect(await outcome(stream)).toBeUndefined();
    return stream;
  };
  const streams = [await watched("known"), await watched("known"), await watched("unknown")];
  const [first, ...others] = streams;
  expect([...watchers.keys()]).toEqual(["known", "unknown"]);
  first?.close(constants.NGHTTP2_CANCEL);
  // It is told as before.
  health.setStatus("known", "NOT_SERVING");
  await once(others[0] as ClientHttp2Stream, "data");
  expect([...watchers.keys()]).toEqual(["known", "unknown"]);
  for (const stream of others) stream.close(constants.NGHTTP2_CANCEL);
  while (watchers.size > 0) await roundTrip(open);
});

test("reflection reads no further while its answers are not read, and answers all once they are", async () => {
  const open = await setup();
  const stream = open(reflect);
  const one = framed(message(4, "millrace.jobs.v1.JobService"));
  const requests = 10_000;
  let sent = false;
  stream.end(Buffer.concat(Array.from({ length: requests }, () => one)), () => {
    sent = true;
  });
  await once(stream, "response");
  // Each is answered after all that was read before it.
  for (let i = 0; i < 100; i += 1) await roundTrip(open);
  expect(sent).toBe(false);
  let answers = 0;
  const frames = new MessageFrames({ onBegin: () => undefined, onComplete: () => answers++ });
  const [trailers] = await Promise.all([
    once(stream, "trailers"),
    (async () => {
      for await (const piece of stream) frames.push(piece);
    })(),
  ]);
  expect(trailers[0]).toMatchObject({ "grpc-status": "0" });
  expect(answers).toBe(requests);
});
