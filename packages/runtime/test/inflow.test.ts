/** Requests that have not come in full: what they may hold, and for how long, by gRPC and by HTTP. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
} from "node:http2";
import { connect } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import {
  GetJobRequestSchema,
  JobService,
  SubmitStreamRequestSchema,
} from "@millrace/proto/job-service";
import { ManualClock } from "@millrace/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type HttpRoute, Inflow, rpcError, type ServeOptions } from "../src/index.ts";
import { defaultServeLimits } from "../src/serve.ts";
import { startHttpServer } from "./http-server.ts";
import { jobId, startJobServer } from "./job-server.ts";

const MIB = 1024 * 1024;
const path = (name: string) => `/millrace.jobs.v1.JobService/${name}`;
const getJob = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId }));
/** A message of gRPC that says that it is so long. */
function head(bytes: number): Buffer {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(bytes, 1);
  return frame;
}
const message = (bytes: Uint8Array) => Buffer.concat([head(bytes.length), bytes]);

const route: HttpRoute<string> = {
  method: "POST",
  path: "/things",
  rpc: JobService.method.submitJob,
  async handle({ body }) {
    let bytes = 0;
    for await (const piece of body) bytes += piece.length;
    return { status: 200, body: String(bytes) };
  },
};

interface Setup extends Partial<ServeOptions<string>> {}
async function startGrpc(options: Setup = {}) {
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

function open(session: ClientHttp2Session, name: string): ClientHttp2Stream {
  const stream = session.request({
    ...{ ":method": "POST", ":path": path(name), "content-type": "application/grpc" },
    te: "trailers",
  });
  stream.on("error", () => undefined);
  return stream;
}
const statusOf = async (stream: ClientHttp2Stream): Promise<number> => {
  const [headers] = (await once(stream, "response")) as [Record<string, string>];
  if (headers["grpc-status"] !== undefined) return Number(headers["grpc-status"]);
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
  return Number(trailers["grpc-status"]);
};
/** Before it, a ping would overtake what is to be sent. */
async function connected(session: ClientHttp2Session): Promise<void> {
  await once(session, "connect");
  await roundTrip(session);
}

/** Once the server has read what was sent before. */
const roundTrip = (session: ClientHttp2Session) =>
  new Promise<void>((resolve) => session.ping(() => resolve()));
/** Time passes, in steps within which the server's own pings are answered. */
async function pass(clock: ManualClock, session: ClientHttp2Session, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 4_000) {
    clock.advance(Math.min(4_000, left));
    await roundTrip(session);
  }
}

const refuse = async () => {
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no such key" });
};

describe("gRPC", () => {
  test("a caller is refused as its headers arrive, before any of its message has", async () => {
    const { session } = await startGrpc({ authenticate: refuse });
    for (const name of ["GetJob", "WatchJob", "SubmitStream"]) {
      expect(await statusOf(open(session, name))).toBe(status.UNAUTHENTICATED);
    }
  });

  test("nothing of a message is read before its caller was let in", async () => {
    const admitted = Promise.withResolvers<string>();
    const { session } = await startGrpc({ authenticate: () => admitted.promise });
    const stream = open(session, "GetJob");
    let sent = 0;
    // More than the window of a stream holds.
    const all = new Promise<void>((resolve) => {
      stream.write(Buffer.concat([head(MIB), Buffer.alloc(MIB)]), () => {
        sent += 1;
        resolve();
      });
    });
    for (let i = 0; i < 10; i += 1) await roundTrip(session);
    expect(sent).toBe(0);
    admitted.resolve("somebody");
    await all;
  });

  test.each(["GetJob", "SubmitStream"])("%s says something in time, or ends", async (name) => {
    const clock = new ManualClock();
    const { session } = await startGrpc({ clock, limits: { messageMs: 8_000 } });
    const stream = open(session, name);
    const ended = statusOf(stream);
    await roundTrip(session);
    await pass(clock, session, 7_999);
    expect(stream.closed).toBe(false);
    clock.advance(1);
    expect(await ended).toBe(status.DEADLINE_EXCEEDED);
  });

  test("a message that is begun is finished in time, and a stream may be silent between messages", async () => {
    const clock = new ManualClock();
    const { session } = await startGrpc({ clock, limits: { messageMs: 8_000 } });
    const stream = open(session, "SubmitStream");
    const ended = statusOf(stream);
    const empty = message(toBinary(SubmitStreamRequestSchema, create(SubmitStreamRequestSchema)));
    stream.write(empty);
    await once(stream, "response");
    await pass(clock, session, 60_000);
    stream.write(head(10));
    await roundTrip(session);
    await pass(clock, session, 7_999);
    expect(stream.closed).toBe(false);
    clock.advance(1);
    stream.resume();
    const [trailers] = (await once(stream, "trailers")) as [Record<string, string>];
    expect(Number(trailers["grpc-status"])).toBe(status.DEADLINE_EXCEEDED);
    void ended.catch(() => undefined);
  });

  test("one call more than an address may have unfinished ends the oldest of them", async () => {
    const { session, started } = await startGrpc({ limits: { unfinishedPerAddress: 3 } });
    const streams = Array.from({ length: 3 }, () => open(session, "GetJob"));
    const oldest = statusOf(streams[0] as ClientHttp2Stream);
    await roundTrip(session);
    expect(streams.map(({ closed }) => closed)).toEqual([false, false, false]);
    const fourth = open(session, "GetJob");
    expect(await oldest).toBe(status.RESOURCE_EXHAUSTED);
    fourth.end(message(getJob));
    expect(await statusOf(fourth)).toBe(status.OK);
    // Those that have come in full count no longer.
    for (let i = 0; i < 5; i += 1) {
      const stream = open(session, "GetJob");
      stream.end(message(getJob));
      expect(await statusOf(stream)).toBe(status.OK);
    }
    expect(started).toHaveLength(6);
  });

  test.each([
    ["a connection", { bytesPerConnection: 2 * MIB }],
    ["an address", { bytesPerAddress: 2 * MIB }],
    ["a caller", { bytesPerCaller: 2 * MIB }],
  ])(
    "%s sends so many bytes of messages at once, and others when those have come",
    async (_, limits) => {
      const { session } = await startGrpc({ limits, callerOf: () => "somebody" });
      const begin = () => {
        const stream = open(session, "GetJob");
        stream.write(Buffer.concat([head(MIB), Buffer.alloc(MIB - 1)]));
        return stream;
      };
      const [first, second] = [begin(), begin()];
      const third = begin();
      const taken = (stream: ClientHttp2Stream) => stream.writableLength === 0;
      while (!taken(first) || !taken(second)) await roundTrip(session);
      for (let i = 0; i < 10; i += 1) await roundTrip(session);
      expect(taken(third)).toBe(false);
      // A short message waits for nobody.
      const short = open(session, "GetJob");
      short.end(message(getJob));
      expect(await statusOf(short)).toBe(status.OK);
      first.close();
      while (!taken(third)) await roundTrip(session);
    },
  );

  test("one connection more than an address may have is closed", async () => {
    const { address } = await startGrpc({ limits: { connectionsPerAddress: 2 } });
    const [host, port] = address.split(":");
    const dial = async () => {
      const socket = connect(Number(port), host);
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    };
    // The session of the setup is the first.
    const second = await dial();
    const third = await dial();
    await once(third, "close");
    expect(second.destroyed).toBe(false);
  });
});

describe("HTTP", () => {
  async function startHttp(options: Setup = {}) {
    const setup = await startHttpServer(
      { getJob: async () => ({}) },
      { routes: [route], ...options },
    );
    onTestFinished(() => setup[Symbol.asyncDispose]());
    const session = connectHttp2(setup.url);
    session.on("error", () => undefined);
    onTestFinished(() => session.destroy());
    await connected(session);
    const send = (at: string, type = "application/json") => {
      const stream = session.request({ ":method": "POST", ":path": at, "content-type": type });
      stream.on("error", () => undefined);
      return stream;
    };
    return { ...setup, session, send };
  }
  const codeOf = async (stream: ClientHttp2Stream): Promise<number> => {
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    stream.resume();
    return headers[":status"];
  };

  test.each([
    ["/things", "a/b", 408],
    [path("GetJob"), "application/json", 504],
    [path("GetJob"), "application/proto", 504],
  ])("a body of %s comes in time, or is refused", async (at, type, code) => {
    const clock = new ManualClock();
    const { session, send } = await startHttp({ clock, limits: { messageMs: 8_000 } });
    const stream = send(at, type);
    stream.write("{");
    const answered = codeOf(stream);
    await roundTrip(session);
    await pass(clock, session, 7_999);
    expect(stream.closed).toBe(false);
    clock.advance(1);
    expect(await answered).toBe(code);
  });

  test("a slow body on HTTP/1.1 is a 408 that closes the connection", async () => {
    const clock = new ManualClock();
    const { server } = await startHttp({ clock, limits: { messageMs: 8_000 } });
    const [host, port] = server.address.split(":");
    const socket = connect(Number(port), host);
    onTestFinished(() => void socket.destroy());
    let seen = "";
    socket.on("data", (piece: Buffer) => {
      seen += piece.toString();
    });
    // Told to go on, the caller knows that its request is under way.
    socket.write(
      "POST /things HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n",
    );
    while (!seen.includes("100 Continue")) await once(socket, "data");
    clock.advance(7_999);
    clock.advance(1);
    while (!seen.includes("REQUEST_TOO_SLOW")) await once(socket, "data");
    expect(seen).toMatch(/HTTP\/1\.1 408 [\s\S]*connection: close/i);
  });

  test("a connection sends so many bytes of bodies at once, and others when those have come", async () => {
    const { session, send } = await startHttp({ limits: { bytesPerConnection: 2 * MIB } });
    const begin = () => {
      const stream = session.request({
        ...{ ":method": "POST", ":path": "/things", "content-length": String(MIB) },
      });
      stream.on("error", () => undefined);
      stream.write(Buffer.alloc(MIB - 1));
      return stream;
    };
    const [first, second, third] = [begin(), begin(), begin()];
    const taken = (stream: ClientHttp2Stream) => stream.writableLength === 0;
    while (!taken(first) || !taken(second)) await roundTrip(session);
    for (let i = 0; i < 10; i += 1) await roundTrip(session);
    expect(taken(third)).toBe(false);
    const short = session.request({ ":method": "POST", ":path": "/things", "content-length": "2" });
    short.end("{}");
    expect(await codeOf(short)).toBe(200);
    first.end("x");
    expect(await codeOf(first)).toBe(200);
    while (!taken(third)) await roundTrip(session);
    void send;
  });

  test("two listeners may share their bounds", async () => {
    const clock = new ManualClock();
    const limits = { ...defaultServeLimits, unfinishedPerAddress: 1 };
    const inflow = new Inflow(limits, clock);
    const { session, send } = await startHttp({ inflow, clock });
    const grpc = await startGrpc({ inflow, clock });
    const oldest = open(grpc.session, "GetJob");
    const ended = statusOf(oldest);
    await roundTrip(grpc.session);
    send("/things").write("{");
    await roundTrip(session);
    expect(await ended).toBe(status.RESOURCE_EXHAUSTED);
  });
});
