/** Answers that are sent before the whole request has arrived do no harm to what follows on the connection. */
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import {
  KEPT_BODY_BYTES,
  LINGER_BYTES,
  LINGER_MS,
  STREAM_LINGER_MS,
} from "../src/http/rest-of-request.ts";
import { startHttpServer } from "./http-server.ts";
import { ping, refusesNo, takes } from "./plain-routes.ts";

const getJob = "/millrace.jobs.v1.JobService/GetJob";
const routes = [takes(100_000), ping];

const start = (options: Parameters<typeof startHttpServer>[1] = {}) =>
  startHttpServer({ getJob: async () => ({}) }, { routes, ...options });

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}
/** A caller that has one connection, and opens another only if that one was closed. */
function oneConnection(address: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const [host, port] = address.split(":");
  return async ({ method = "GET", path = "/ping", headers = {}, body }: Call = {}) => {
    const request = httpRequest({ host, port, agent, method, path, headers });
    const answered = once(request, "response");
    request.end(body);
    const [response] = await answered;
    await text(response);
    const { connection } = response.headers;
    return { status: response.statusCode, connection, reused: request.reusedSocket };
  };
}

const json = { "content-type": "application/json" };
const early: readonly (readonly [what: string, status: number, call: Call])[] = [
  ["a body that is too long", 413, { method: "POST", path: "/things" }],
  ["an unknown path", 404, { method: "POST", path: "/nothing" }],
  ["another method", 405, { method: "PUT", path: "/things" }],
  ["a refused caller", 401, { method: "POST", path: "/things", headers: { authorization: "no" } }],
  [
    "another type of content",
    415,
    { method: "POST", path: getJob, headers: { "content-type": "a/b" } },
  ],
  ["a message over the limit, by Connect", 429, { method: "POST", path: getJob, headers: json }],
];
test.each(early)(
  "answers %s with %i, closes the connection, and answers the next call",
  async (_, status, call) => {
    await using setup = await start({ authenticate: refusesNo });
    const send = oneConnection(setup.server.address);
    for (const bytes of [200_000, 4_400_000, 8_000_000]) {
      const first = await send({ ...call, body: Buffer.alloc(bytes, " ") });
      if (first.status === 200 || first.status === 400) continue;
      expect(first).toMatchObject({ status, connection: "close" });
      expect(await send()).toMatchObject({ status: 200, reused: false });
    }
  },
);

test("reads the rest of a short body and keeps the connection, and closes it for a longer one", async () => {
  await using setup = await start({ authenticate: refusesNo });
  const send = oneConnection(setup.server.address);
  const refused = (bytes: number) =>
    send({
      method: "POST",
      path: "/things",
      headers: { authorization: "no" },
      body: Buffer.alloc(bytes),
    });
  expect(await refused(KEPT_BODY_BYTES)).toMatchObject({ status: 401, connection: "keep-alive" });
  expect(await send()).toMatchObject({ status: 200, reused: true });
  expect(await refused(KEPT_BODY_BYTES + 1)).toMatchObject({ status: 401, connection: "close" });
  expect(await send()).toMatchObject({ status: 200, reused: false });
});

test("closes no connection after a request without a body, however it is answered", async () => {
  await using setup = await start({ authenticate: refusesNo });
  const send = oneConnection(setup.server.address);
  await send();
  expect(await send({ path: "/nothing" })).toMatchObject({ status: 404, reused: true });
  expect(await send({ headers: { authorization: "no" } })).toMatchObject({
    status: 401,
    reused: true,
  });
  expect(await send({ method: "DELETE", path: "/ping" })).toMatchObject({
    status: 405,
    reused: true,
  });
  expect(await send()).toMatchObject({ status: 200, connection: "keep-alive", reused: true });
});

test("does not wait for a body of unknown length", async () => {
  await using setup = await start({ authenticate: refusesNo });
  const send = oneConnection(setup.server.address);
  const headers = { authorization: "no", "transfer-encoding": "chunked" };
  const body = Buffer.alloc(200_000);
  const call = { method: "POST", path: "/things", headers, body };
  expect(await send(call)).toMatchObject({ status: 401, connection: "close" });
  expect(await send()).toMatchObject({ status: 200, reused: false });
});

async function raw(address: string) {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let seen = "";
  socket.on("data", (piece: Buffer) => {
    seen += piece.toString("latin1");
  });
  const sees = async (what: string) => {
    while (!seen.includes(what)) await once(socket, "data");
  };
  return Object.assign(socket, { seen: () => seen, sees });
}
const head = (bytes: number, more = "") =>
  `POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n${more}\r\n`;

test.each([KEPT_BODY_BYTES, KEPT_BODY_BYTES + 1])(
  "closes the connection of a body of %i bytes that never arrives after a while, and not before",
  async (bytes) => {
    const clock = new ManualClock();
    await using setup = await start({ clock });
    const socket = await raw(setup.server.address);
    socket.write(head(bytes));
    await socket.sees("ROUTE_NOT_FOUND");
    const closed = once(socket, "close");
    clock.advance(LINGER_MS - 1);
    expect(socket.destroyed).toBe(false);
    clock.advance(1);
    await closed;
  },
);

test("reads a limited part of a body without end", async () => {
  await using setup = await start();
  const socket = await raw(setup.server.address);
  socket.write(head(1e12));
  await socket.sees("ROUTE_NOT_FOUND");
  const piece = Buffer.alloc(1024 * 1024);
  const closed = once(socket, "close").then(() => true);
  let sent = 0;
  for (let open = true; open; sent += piece.length) {
    const gone = closed.then(() => false);
    open = await Promise.race([
      gone,
      new Promise<boolean>((resolve) => socket.write(piece, (error) => resolve(!error))),
    ]);
  }
  // The buffers of both systems come on top.
  expect(sent).toBeLessThan(LINGER_BYTES * 4);
});

test("refuses a caller that asks before it sends a body, or tells it to continue", async () => {
  await using setup = await start({ authenticate: refusesNo });
  const expecting = "expect: 100-continue\r\n";
  const refused = await raw(setup.server.address);
  const closed = once(refused, "close");
  refused.write(head(10, expecting));
  await closed;
  expect(refused.seen()).toMatch(/^HTTP\/1\.1 404 [\s\S]*connection: close/i);
  const taken = await raw(setup.server.address);
  taken.write(head(10, expecting).replace("/nothing", "/things"));
  await taken.sees("HTTP/1.1 100 Continue");
  taken.write("0123456789");
  await taken.sees("HTTP/1.1 200 OK");
});

test("answers a caller on HTTP/2, and reads what it goes on sending for a while, not forever", async () => {
  const clock = new ManualClock();
  await using setup = await start({ clock });
  const session = connectHttp2(setup.url);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/things" });
  const response = once(stream, "response");
  await new Promise((sent) => stream.write(Buffer.alloc(1_000_000), sent));
  const [headers] = (await response) as [{ ":status": number }];
  expect(headers[":status"]).toBe(413);
  expect(await text(stream)).toContain("TOO_LARGE");
  const next = session.request({ ":path": "/ping" });
  expect(await text(next)).toBe("pong");
  clock.advance(STREAM_LINGER_MS - 1);
  expect(stream.closed).toBe(false);
  const closed = once(stream, "close");
  clock.advance(1);
  await closed;
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
});
