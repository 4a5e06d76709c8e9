/** A server that leaves sends its clients elsewhere, and loses no call of those that stay. */
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { text } from "node:stream/consumers";
import { create } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { JobService, WatchJobResponseSchema } from "@millrace/proto/job-service";
import { expect, onTestFinished, test } from "vitest";
import type { CallContext, HttpRoute } from "../src/index.ts";
import { startHttpServer } from "./http-server.ts";
import { jobId, startJobServer } from "./job-server.ts";

const opening = create(WatchJobResponseSchema, { event: { case: "chunks", value: {} } });

/** An HTTP/2 connection without calls. */
async function session(url: string): Promise<ClientHttp2Session> {
  const opened = connect(url);
  onTestFinished(() => void opened.destroy());
  await once(opened, "connect");
  // The server knows the session when it has answered.
  await new Promise((resolve) => opened.ping(resolve));
  return opened;
}

/** Asks gRPC's health service, on a connection of its own. */
function health(address: string): Promise<"SERVING" | "NOT_SERVING"> {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  onTestFinished(() => client.close());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      ...(["/grpc.health.v1.Health/Check", same, same, Buffer.alloc(0)] as const),
      (error, answer) =>
        error === null ? resolve(answer?.[1] === 1 ? "SERVING" : "NOT_SERVING") : reject(error),
    );
  });
}

test("a gRPC server that leaves says so, and goes on serving", async () => {
  await using setup = await startJobServer({ getJob: async () => ({}) });
  const { server, rpc } = setup;
  const before = await session(`http://${server.address}`);
  await rpc.getJob({ jobId });
  expect(await health(server.address)).toBe("SERVING");

  server.leave();
  const [code] = await once(before, "goaway");
  expect(code).toBe(constants.NGHTTP2_NO_ERROR);
  expect(await health(server.address)).toBe("NOT_SERVING");
  server.health.setServing(true);
  expect(await health(server.address)).toBe("NOT_SERVING");
  await rpc.getJob({ jobId });
  const after = await session(`http://${server.address}`);
  let sentAway = false;
  after.once("goaway", () => {
    sentAway = true;
  });
  await new Promise((resolve) => after.ping(resolve));
  expect(sentAway).toBe(false);
});

test("no call fails while a gRPC server leaves, although nothing is tried again", async () => {
  await using setup = await startJobServer({ getJob: async () => ({}) });
  const { server, rpc } = setup;
  let over = false;
  const call = async () => {
    for (let calls = 0; ; calls += 1) {
      if (over) return calls;
      await rpc.getJob({ jobId });
    }
  };
  const callers = Array.from({ length: 20 }, call);
  const watched = await session(`http://${server.address}`);
  server.leave();
  // The connections of before are closed when their last streams have had time to arrive.
  await once(watched, "close");
  over = true;
  for (const calls of await Promise.all(callers)) expect(calls).toBeGreaterThan(0);
});

test("tells streams that are open when it leaves, each time, and when it drains", async () => {
  const contexts: Pick<CallContext, "leaving" | "draining">[] = [];
  await using setup = await startJobServer({
    async *watchJob(_, context) {
      contexts.push(context);
      yield opening;
      const { leaving } = context;
      if (!leaving.aborted) await new Promise((end) => leaving.addEventListener("abort", end));
    },
  });
  const { server, rpc } = setup;
  const open = async () => {
    const events = rpc.watchJob({ jobId })[Symbol.asyncIterator]();
    await events.next();
    return { end: events.next(), context: contexts.at(-1) };
  };
  for (const _ of ["at first", "again"]) {
    const { end, context } = await open();
    expect(context?.leaving.aborted).toBe(false);
    server.leave();
    expect(await end).toMatchObject({ done: true });
    expect(context?.draining.aborted).toBe(false);
  }
  const { end, context } = await open();
  expect(context?.leaving.aborted).toBe(false);
  const closed = server.close();
  expect(await end).toMatchObject({ done: true });
  expect(context?.draining.aborted).toBe(true);
  await closed;
});

const ping: HttpRoute<string> = {
  method: "GET",
  path: "/ping",
  rpc: JobService.method.getJob,
  handle: async () => ({ status: 200, body: "pong" }),
};

test("an HTTP server that leaves makes the next answer of each connection the last, and accepts others", async () => {
  await using setup = await startHttpServer({}, { routes: [ping] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const send = async () => {
    const request = httpRequest(`${setup.url}/ping`, { agent }).end();
    const [response] = await once(request, "response");
    expect(await text(response)).toBe("pong");
    return { connection: response.headers.connection, reused: request.reusedSocket };
  };
  expect(await send()).toEqual({ connection: "keep-alive", reused: false });
  const before = await session(setup.url);
  const sentAway = once(before, "goaway");

  setup.server.leave();
  expect(await send()).toEqual({ connection: "close", reused: true });
  expect(await send()).toEqual({ connection: "close", reused: false });
  await sentAway;
  const after = await session(setup.url);
  const answered = after.request({ ":path": "/ping" });
  const [headers] = await once(answered, "response");
  answered.resume();
  expect(headers[":status"]).toBe(200);
});
