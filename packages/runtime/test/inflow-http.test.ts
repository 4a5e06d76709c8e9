/** Requests that have not arrived completely: what they may hold, and for how long. */
import { once } from "node:events";
import { type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { status } from "@grpc/grpc-js";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { Inflow } from "../src/index.ts";
import { defaultServeLimits } from "../src/serve.ts";
import { startHttpServer } from "./http-server.ts";
import {
  connected,
  MIB,
  open,
  pass,
  path,
  roundTrip,
  route,
  type Setup,
  startGrpc,
  statusOf,
} from "./inflow-setup.ts";

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
])("requires that a body of %s arrives in time", async (at, type, code) => {
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

test("answers a slow body on HTTP/1.1 with 408, and closes the connection", async () => {
  const clock = new ManualClock();
  const { server } = await startHttp({ clock, limits: { messageMs: 8_000 } });
  const [host, port] = server.address.split(":");
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  let seen = "";
  socket.on("data", (piece: Buffer) => {
    seen += piece.toString();
  });
  // The server has told the caller to continue, so the caller knows that its request is under way.
  socket.write(
    "POST /things HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n",
  );
  while (!seen.includes("100 Continue")) await once(socket, "data");
  clock.advance(7_999);
  clock.advance(1);
  while (!seen.includes("REQUEST_TOO_SLOW")) await once(socket, "data");
  expect(seen).toMatch(/HTTP\/1\.1 408 [\s\S]*connection: close/i);
});

test("limits the bytes of bodies that a connection sends at once, and lets others wait for them", async () => {
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

test("lets two listeners share their limits", async () => {
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
