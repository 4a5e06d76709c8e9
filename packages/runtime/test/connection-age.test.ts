/** The HTTP port ends old connections without losing a call. */
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { text } from "node:stream/consumers";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { JobService } from "@millrace/proto/job-service";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import type { HttpRoute } from "../src/index.ts";
import { startHttpServer } from "./http-server.ts";
import { jobId } from "./job-server.ts";

const AGE_MS = 60_000;
const limits = { connectionAgeMs: AGE_MS };
/** The random spread is at most a tenth less or more. */
const YOUNG_MS = AGE_MS * 0.9 - 1;
const OLD_MS = AGE_MS * 1.1;

function pages() {
  const held = Promise.withResolvers<void>();
  const ping: HttpRoute<string> = {
    method: "GET",
    path: "/ping",
    rpc: JobService.method.getJob,
    handle: async () => ({ status: 200, body: "pong" }),
  };
  const slow: HttpRoute<string> = {
    ...{ method: "GET", path: "/slow", rpc: JobService.method.getJob },
    async handle(_, { signal }) {
      async function* pieces() {
        yield "a";
        await Promise.race([held.promise, once(signal, "abort")]);
        yield "b";
      }
      return { status: 200, body: pieces() };
    },
  };
  return { routes: [ping, slow], finish: held.resolve };
}

function oneConnection(address: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const [host, port] = address.split(":");
  return async () => {
    const request = httpRequest({ host, port, agent, path: "/ping" }).end();
    const [response] = await once(request, "response");
    await text(response);
    return { connection: response.headers.connection, reused: request.reusedSocket };
  };
}

test("serves one more call on an old HTTP/1.1 connection, and announces that it was the last", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer({}, { clock, limits, routes: pages().routes });
  const send = oneConnection(setup.server.address);
  expect(await send()).toEqual({ connection: "keep-alive", reused: false });
  clock.advance(YOUNG_MS);
  expect(await send()).toEqual({ connection: "keep-alive", reused: true });
  clock.advance(OLD_MS - YOUNG_MS);
  expect(await send()).toEqual({ connection: "close", reused: true });
  expect(await send()).toEqual({ connection: "keep-alive", reused: false });
});

test("leaves an old HTTP/2 connection gracefully, so that calls under way end", async () => {
  const clock = new ManualClock();
  const { routes, finish } = pages();
  await using setup = await startHttpServer({}, { clock, limits, routes });
  const session = connectHttp2(setup.url);
  onTestFinished(() => session.destroy());
  const slow = session.request({ ":path": "/slow" });
  let got = "";
  slow.on("data", (piece: Buffer) => {
    got += piece.toString();
  });
  await once(slow, "data");
  const codes: number[] = [];
  session.on("goaway", (code: number) => codes.push(code));
  // The listener's pings use the same clock, and are answered in between.
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 4_000) {
      clock.advance(Math.min(4_000, ms - passed));
      await new Promise<void>((resolve) => session.ping(() => resolve()));
    }
  };
  await pass(YOUNG_MS);
  expect(codes).toEqual([]);
  const left = once(session, "goaway").then(() => true);
  for (let isLeft = false; !isLeft; ) {
    clock.advance(1_000);
    const alive = new Promise<boolean>((resolve) => session.ping(() => resolve(false)));
    isLeft = await Promise.race([left, alive]);
  }
  expect(codes).toEqual([constants.NGHTTP2_NO_ERROR]);
  clock.advance(1_000);
  finish();
  const closed = once(session, "close");
  await closed;
  expect(got).toBe("ab");
});

test("cuts calls that are still under way when the same time has passed again", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer({}, { clock, limits, routes: pages().routes });
  const response = await fetch(`${setup.url}/slow`);
  clock.advance(OLD_MS);
  const cut = response.text();
  clock.advance(AGE_MS);
  await expect(cut).rejects.toThrow();
});

test.each(["1.1", "2"] as const)(
  "loses no call of Connect on HTTP/%s when connections end of age",
  async (httpVersion) => {
    const handlers = { getJob: async () => ({ job: { id: jobId } }) };
    // This uses real time: with so short an age a connection ends after a few calls.
    await using setup = await startHttpServer(handlers, { limits: { connectionAgeMs: 200 } });
    const baseUrl = setup.url;
    const client = createClient(JobService, createConnectTransport({ baseUrl, httpVersion }));
    // An HTTP/2 client itself refuses what it was about to send when it received the GOAWAY. Such a call was never sent.
    const again = (error: unknown): Promise<unknown> => {
      if (!String(error).includes("NGHTTP2_REFUSED_STREAM")) throw error;
      return client.getJob({ jobId }).catch(again);
    };
    let calls = 0;
    const caller = async () => {
      for (let i = 0; i < 20; i += 1) {
        await client.getJob({ jobId }).catch(again);
        calls += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
    expect(calls).toBe(160);
  },
);
