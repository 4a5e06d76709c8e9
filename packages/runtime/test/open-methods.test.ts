/** Health and reflection, which anyone may call: what a stranger can make a server hold with them. */
import { once } from "node:events";
import { type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { MessageFrames } from "../src/inflow/message-frames.ts";
import { healthService, OPEN_MESSAGE_BYTES } from "../src/open-methods.ts";
import { defaultServeLimits, type ServeLimits } from "../src/serve.ts";
import { jobId, startJobServer } from "./job-server.ts";

const getJob = "/millrace.jobs.v1.JobService/GetJob";
const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";
const reflect = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const reflectAlpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

async function start(limits: Partial<ServeLimits> = {}) {
  const started = await startJobServer({ getJob: async () => ({}) }, { limits });
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started.server.address;
}
const setup = async (limits?: Partial<ServeLimits>) => callerOf(await start(limits));

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

/** A protobuf field that holds this text, padded with an unknown field to the given number of bytes. */
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

/** Resolves with the status that a call ends with, or with undefined once it answers with a message. */
async function outcome(stream: ClientHttp2Stream): Promise<number | undefined> {
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  const ended = headers["grpc-status"];
  if (ended !== undefined) return Number(ended);
  await once(stream, "data");
  return undefined;
}

/** Resolves when the server has read what was sent before. */
async function roundTrip(open: ReturnType<typeof callerOf>) {
  const stream = open(check);
  stream.end(framed(message(1, "known")));
  return await outcome(stream);
}

/** Each method, with a function that makes a message of it with the given number of bytes. */
const methods = [
  [check, (bytes?: number) => message(1, "millrace.jobs.v1.JobService", bytes)],
  [watch, (bytes?: number) => message(1, "millrace.jobs.v1.JobService", bytes)],
  [reflect, (bytes?: number) => message(4, "millrace.jobs.v1.JobService", bytes)],
  [reflectAlpha, (bytes?: number) => message(4, "millrace.jobs.v1.JobService", bytes)],
] as const;

test.each(methods)("accepts a small message of %s, and no larger one", async (path, messageOf) => {
  const open = await setup();
  for (const [bytes, ends] of [
    [OPEN_MESSAGE_BYTES, undefined],
    [OPEN_MESSAGE_BYTES + 1, status.RESOURCE_EXHAUSTED],
  ] as const) {
    const stream = open(path);
    stream.end(framed(messageOf(bytes)));
    expect(await outcome(stream)).toBe(ends);
  }
});

test.each(methods)(
  "refuses a larger message of %s by its length, before it arrives",
  async (path) => {
    const open = await setup();
    const stream = open(path);
    stream.write(framed(Buffer.alloc(0), { bytes: OPEN_MESSAGE_BYTES + 1 }));
    expect(await outcome(stream)).toBe(status.RESOURCE_EXHAUSTED);
  },
);

/** Sends a message, and leaves the call open. A watch sends nothing more. */
function ask(open: ReturnType<typeof callerOf>, path: string, content: Uint8Array) {
  const stream = open(path);
  if (path === watch) stream.end(framed(content));
  else stream.write(framed(content));
  return stream;
}
const known = message(1, "known");

test.each([watch, reflect, reflectAlpha])(
  "%s: limits the calls of one connection, and refuses one more",
  async (path) => {
    const limit = 3;
    const address = await start({ healthCallsPerConnection: limit });
    const open = callerOf(address);
    const content = message(path === watch ? 1 : 4, "known");
    const streams = Array.from({ length: limit }, () => ask(open, path, content));
    expect(new Set(await Promise.all(streams.map(outcome)))).toEqual(new Set([undefined]));
    // The limit counts all these methods together, Check included.
    for (const other of [watch, reflect, check]) {
      const refused = open(other);
      // It is refused when its headers arrive, because it has sent nothing else.
      const [headers] = (await once(refused, "response")) as [Record<string, string>];
      expect(headers["grpc-status"]).toBe(String(status.RESOURCE_EXHAUSTED));
      expect(headers["grpc-message"]).toContain(String(limit));
    }
    // Calls of other methods and on other connections are not affected.
    const job = open(getJob);
    job.end(framed(message(1, jobId)));
    expect(await outcome(job)).toBeUndefined();
    expect(await outcome(ask(callerOf(address), path, content))).toBeUndefined();
    // A call that has ended makes room for one.
    const [first] = streams as [ClientHttp2Stream];
    first.close(constants.NGHTTP2_CANCEL);
    await once(first, "close");
    const after = open(getJob);
    after.end(framed(message(1, jobId)));
    expect(await outcome(after)).toBeUndefined();
    expect(await outcome(ask(open, path, content))).toBeUndefined();
    expect(await outcome(ask(open, path, content))).toBe(status.RESOURCE_EXHAUSTED);
  },
);

test("does not count calls any longer that were answered, refused or broken off", async () => {
  const open = await setup({ healthCallsPerConnection: 1 });
  const breakOff = async (stream: ClientHttp2Stream) => {
    stream.close(constants.NGHTTP2_CANCEL);
    await once(stream, "close");
    // The server has seen the end by the time that it answers the next call.
    const job = open(getJob);
    job.end(framed(message(1, jobId)));
    await once(job.resume(), "close");
  };
  for (let i = 0; i < 5; i += 1) {
    const answered = open(check);
    answered.end(framed(known));
    await once(answered.resume(), "close");
    await breakOff(ask(open, watch, known));
    const watched = ask(open, watch, known);
    expect(await outcome(watched)).toBeUndefined();
    for (let n = 0; n < 3; n += 1) {
      expect(await outcome(ask(open, watch, known))).toBe(status.RESOURCE_EXHAUSTED);
    }
    await breakOff(watched);
  }
});

test("allows a connection 32 calls by default", async () => {
  const open = await setup();
  const most = defaultServeLimits.healthCallsPerConnection;
  const streams = Array.from({ length: most }, () => ask(open, watch, known));
  expect(new Set(await Promise.all(streams.map(outcome)))).toEqual(new Set([undefined]));
  expect(await outcome(ask(open, watch, known))).toBe(status.RESOURCE_EXHAUSTED);
});

test("forgets a watched name with its last watcher, known or not", async () => {
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
  // It gets the status as before.
  health.setStatus("known", "NOT_SERVING");
  await once(others[0] as ClientHttp2Stream, "data");
  expect([...watchers.keys()]).toEqual(["known", "unknown"]);
  for (const stream of others) stream.close(constants.NGHTTP2_CANCEL);
  while (watchers.size > 0) await roundTrip(open);
});

test("reads no further in reflection while answers are not read, and answers all once they are", async () => {
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
