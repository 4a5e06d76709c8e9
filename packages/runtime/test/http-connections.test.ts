import { once } from "node:events";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { JobService } from "@millrace/proto/job-service";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { big, echo, getJob, raw } from "./http-listener-setup.ts";
import { startHttpServer } from "./http-server.ts";
import { jobId } from "./job-server.ts";

test("recognises a connection's protocol from its first bytes, however they arrive", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const http1 = await raw(setup.server.address);
  for (const piece of ["P", "ROPFIND /echo/a HTTP/1.1\r\n", "host: a\r\n\r\n"]) {
    http1.write(piece);
    await new Promise(setImmediate);
  }
  while (!http1.text().includes("METHOD_NOT_ALLOWED")) await once(http1, "data");
  const http2 = await raw(setup.server.address);
  for (const piece of ["PRI * ", "HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\x04\0\0\0\0\0"]) {
    http2.write(piece, "latin1");
    await new Promise(setImmediate);
  }
  // The server's settings come first.
  while (http2.text().length < 9) await once(http2, "data");
  expect(http2.text()[3]).toBe("\x04");
});

test("closes a connection at once that its peer ends before a request", async () => {
  await using setup = await startHttpServer({}, { clock: new ManualClock() });
  const peer = await raw(setup.server.address);
  peer.end();
  // No time passes here, so only the server can have told the peer.
  await once(peer, "close");
});

test("cuts a silent connection after a minute, not before, and closes in spite of silent connections", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer({}, { clock });
  const silent = await raw(setup.server.address);
  const closed = once(silent, "close");
  while (clock.pending === 0) await new Promise(setImmediate);
  clock.advance(59_999);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await closed;
  await raw(setup.server.address);
});

test("destroys an HTTP/2 session whose peer answers no ping within five seconds", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer({}, { clock });
  const peer = await raw(setup.server.address);
  const closed = once(peer, "close");
  peer.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
  while (peer.text().length < 9) await once(peer, "data");
  const before = peer.text().length;
  clock.advance(10_000);
  // A ping is 17 bytes long.
  while (peer.text().length < before + 17) await once(peer, "data");
  clock.advance(4_999);
  // The two timers are the one until the session is destroyed, and the age of its connection.
  expect(clock.pending).toBe(2);
  clock.advance(1);
  await closed;
});

test("lets a call under way finish when it closes, and tells the next one that the server stops", async () => {
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const clock = new ManualClock();
  await using setup = await startHttpServer(
    {
      getJob: async () => {
        arrived.resolve();
        await go.promise;
        return {};
      },
    },
    { clock },
  );
  const body = JSON.stringify({ jobId });
  const head = `POST ${getJob} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = await raw(setup.server.address);
  // Two requests are sent at once on one connection: the second is handled when the first has been answered.
  socket.write(head + body + head + body);
  await arrived.promise;
  const ended = once(socket, "close");
  const closed = setup.server.close();
  go.resolve();
  await ended;
  await closed;
  expect(socket.text()).toMatch(/^HTTP\/1.1 200 /);
  // Its caller must send nothing more on this connection.
  expect(socket.text()).toMatch(/\r\nconnection: close\r\n/i);
  expect(clock.pending).toBe(0);
});

test("cuts a call that stays when the grace is over, not before", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer(
    {
      async *watchJob(_, { signal }) {
        yield big;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
    { clock, limits: { graceMs: 5_000 } },
  );
  const jobs = createClient(
    JobService,
    createConnectTransport({ baseUrl: setup.url, httpVersion: "1.1" }),
  );
  const responses = jobs.watchJob({ jobId })[Symbol.asyncIterator]();
  await responses.next();
  const closed = setup.server.close();
  clock.advance(4_999);
  // The two timers are the grace, and the age of the connection.
  expect(clock.pending).toBe(2);
  clock.advance(1);
  await expect(responses.next()).rejects.toThrow();
  await closed;
});

test("keeps an idle HTTP/2 client alive when the server stops, and lets it find the next one", async () => {
  await using first = await startHttpServer({ getJob: async () => ({}) });
  const jobs = createClient(
    JobService,
    createConnectTransport({ baseUrl: first.url, httpVersion: "2" }),
  );
  await jobs.getJob({ jobId });
  await first.server.close();
  await using _ = await startHttpServer(
    { getJob: async () => ({ job: { id: jobId } }) },
    { listen: { host: "127.0.0.1", port: first.server.port } },
  );
  expect((await jobs.getJob({ jobId })).job?.id).toBe(jobId);
});
