/**
 * Tests what hostile receivers can do to the courier by their answers: nothing but fail their own deliveries. After all of
 * it, the courier delivers as before, and uses about as much memory.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import { testAuthority } from "@millrace/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { collectsGarbage, liveMemory } from "../faults/live-memory.ts";
import { OK, OUTSIDE, saying, startCourierProcess, startReceiver } from "./courier.ts";

const folder = await mkdtemp(join(tmpdir(), "millrace-courier-"));
const authority = testAuthority();
const caFile = join(folder, "ca.pem");
await writeFile(caFile, authority.ca);
const courier = await startCourierProcess({
  // Names below dead.test are never answered.
  zone: (name) => (name.endsWith("dead.test") ? undefined : [OUTSIDE]),
  // An operator trusts a further authority, and someone has tried to switch the verification off.
  settings: { NODE_EXTRA_CA_CERTS: caFile, NODE_TLS_REJECT_UNAUTHORIZED: "0", ...collectsGarbage },
});
const memoryAtStart = await liveMemory(courier.worker);
afterAll(async () => {
  await courier[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const patience = { timeout: 20_000, interval: 50 };

async function receiver(speak: (socket: Socket) => void, server?: Server) {
  const started = await startReceiver(OUTSIDE, speak, server === undefined ? {} : { server });
  onTestFinished(started.close);
  return started;
}

const head = (status: string, ...fields: string[]) =>
  `HTTP/1.1 ${status}\r\n${fields.map((f) => `${f}\r\n`).join("")}\r\n`;

/** Writes until the peer closes the connection, and resolves with how many bytes the peer's system took. */
function flood(socket: Socket, block: Buffer): void {
  const write = () => {
    while (!socket.destroyed && socket.write(block));
    if (!socket.destroyed) socket.once("drain", write);
  };
  write();
}

test("of a huge or endless answer the first KiB is kept, and the connection is closed", async () => {
  let sent = 0;
  const endless = await receiver((socket) => {
    socket.once("data", () => {
      socket.write(head("200 OK", "transfer-encoding: chunked"));
      flood(socket, Buffer.from(`10000\r\n${"a".repeat(65_536)}\r\n`));
    });
    socket.on("close", () => {
      sent = socket.bytesWritten;
    });
  });
  const huge = await receiver((socket) => {
    socket.once("data", () => {
      socket.write(head("500 No", "content-length: 100000000000"));
      flood(socket, Buffer.alloc(65_536, "b"));
    });
  });
  for (let n = 0; n < 20; n += 1) {
    expect(await courier.deliver(endless.url)).toMatchObject({
      ...{ reason: undefined, answer: { status: 200, answer: "a".repeat(1_024) } },
    });
    expect(await courier.deliver(huge.url)).toMatchObject({
      ...{ reason: "WEBHOOK_STATUS", answer: { status: 500, answer: "b".repeat(1_024) } },
    });
  }
  // What the buffers of two sockets hold.
  expect(sent).toBeLessThan(16 * 2 ** 20);
});

test("an answer that JSON escapes is cut to what a failure may hold", async () => {
  const { url } = await receiver(
    saying(head("400 Bad", "content-length: 1024"), '"\\'.repeat(512)),
  );
  const { answer } = await courier.deliver(url);
  expect(answer.answer).toMatch(/^("\\)+$/);
  expect(JSON.stringify(answer).length).toBeLessThanOrEqual(2_048);
  const bytes = await receiver(
    saying(head("400 Bad", "content-length: 1024"), Buffer.alloc(1_024, 0xff)),
  );
  const { answer: shown } = (await courier.deliver(bytes.url)).answer;
  expect(shown).toMatch(/^\ufffd+$/);
});

test("a compressed answer is not decompressed", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
  for (const encoding of ["gzip", "GZIP", "br, gzip"]) {
    const { url } = await receiver(
      saying(
        head("200 OK", `content-encoding: ${encoding}`, `content-length: ${bomb.length}`),
        bomb,
      ),
    );
    const { reason, answer } = await courier.deliver(url);
    expect(reason).toBeUndefined();
    expect(answer).toEqual({ status: 200, latency_ms: expect.any(Number) });
  }
});

/** Sends these pieces, one each 50 ms, until the connection is closed. */
const dripping = (first: string, piece: string) => (socket: Socket) => {
  socket.once("data", () => {
    socket.write(first);
    const timer = setInterval(() => socket.write(piece), 50);
    socket.on("close", () => clearInterval(timer));
  });
};

test.each([
  ["nothing", () => undefined],
  ["a head that never ends", dripping("HTTP/1.1 200 OK\r\n", "x: y\r\n")],
  ["a status line that never ends", dripping("HTTP/1.1 200 ", "O")],
  ["no bytes of its TLS handshake", undefined],
])("a receiver that sends %s is given up in time", async (_, speak) => {
  const started = await receiver(speak ?? (() => undefined));
  const url = speak === undefined ? `https://slow.test:${started.port}/` : started.url;
  const { reason, retryable, answer } = await courier.deliver(url);
  expect({ reason, retryable }).toEqual({ reason: "WEBHOOK_TIMEOUT", retryable: true });
  expect(answer.latency_ms).toBeGreaterThanOrEqual(1_500);
});

test("a body that drips or breaks off does not change the answer, and is given up in time", async () => {
  const slow = await receiver(dripping(head("200 OK"), "x"));
  const dripped = await courier.deliver(slow.url);
  expect(dripped).toMatchObject({
    reason: undefined,
    answer: { status: 200, answer: expect.stringMatching(/^x+$/) },
  });
  const broken = await receiver((socket) => {
    socket.once("data", () => socket.end(`${head("410 Gone", "content-length: 100")}partly`));
  });
  expect(await courier.deliver(broken.url)).toMatchObject({
    ...{ reason: "WEBHOOK_GONE", retryable: false, answer: { status: 410, answer: "partly" } },
  });
});

const many = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n));

test.each([
  ["one field of 17 KB", head("200 OK", `x: ${"y".repeat(17_000)}`)],
  ["many fields of 100 KB", head("200 OK", ...many(5_000, (n) => `x-${n}: 0123456789`))],
  ["a status line of 1 MB", `HTTP/1.1 200 ${"O".repeat(2 ** 20)}\r\n\r\n`],
  ["a trailer of 100 KB", undefined],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/0.9", "hello, world\n"],
  ["SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["random bytes", Buffer.from("8f3a00ff1b5b324a0d0a0d0a", "hex")],
  ["an impossible status", "HTTP/1.1 99999 Huh\r\n\r\n"],
  ["a negative length", head("200 OK", "content-length: -1")],
  ["two lengths", head("200 OK", "content-length: 1", "content-length: 2")],
  ["a length and chunks", head("200 OK", "content-length: 1", "transfer-encoding: chunked")],
  ["a field with a NUL", head("200 OK", "x: \0")],
  ["a folded line without a field", "HTTP/1.1 200 OK\r\n folded\r\n\r\n"],
  ["endless interim answers", many(1_000, () => head("103 Early Hints", "link: </x>")).join("")],
  ["the end of the connection", ""],
])("an answer that is no proper HTTP fails its delivery alone: %s", async (_, bytes) => {
  const trailer = `${head("200 OK", "transfer-encoding: chunked")}0\r\n${"x: y\r\n".repeat(20_000)}\r\n`;
  const { url } = await receiver((socket) =>
    socket.once("data", () => socket.end(bytes ?? trailer)),
  );
  const { reason } = await courier.deliver(url);
  // The head of an answer that has such a trailer is a proper one.
  expect(reason).toBe(bytes === undefined ? undefined : "WEBHOOK_UNREACHABLE");
});

test("an answer that changes the protocol is a failure, and the connection is closed", async () => {
  const closed = Promise.withResolvers<void>();
  const { url } = await receiver((socket) => {
    saying(head("101 Switching", "connection: upgrade", "upgrade: websocket"))(socket);
    socket.on("close", () => closed.resolve());
  });
  expect(await courier.deliver(url)).toMatchObject({
    reason: "WEBHOOK_STATUS",
    answer: { status: 101 },
  });
  await closed.promise;
});

test("a second answer on the same connection is not taken for the answer to the next request", async () => {
  let requests = 0;
  const { url, connections } = await receiver((socket) => {
    socket.on("data", () => {
      requests += 1;
      socket.write(requests === 1 ? `${OK}${head("410 Gone", "content-length: 0")}` : OK);
    });
  });
  expect(await courier.deliver(url)).toMatchObject({ reason: undefined });
  expect(await courier.deliver(url)).toMatchObject({ reason: undefined, answer: { status: 200 } });
  expect(connections()).toBe(2);
});

/** A TLS server, and the names that clients asked for. */
async function tlsReceiver(certificate: { cert: Buffer; key: Buffer }) {
  const names: unknown[] = [];
  const server = createTlsServer({
    ...certificate,
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  server.on("secureConnection", saying(OK));
  server.on("tlsClientError", () => undefined);
  const started = await receiver(() => undefined, server);
  return { ...started, names };
}

test("a certificate is checked against the name in the URL, although the connection goes to an address", async () => {
  const right = await tlsReceiver(authority.issue("right", "hooks.test"));
  expect(await courier.deliver(`https://hooks.test:${right.port}/`)).toMatchObject({
    ...{ reason: undefined, answer: { status: 200, answer: "ok" } },
  });
  expect(right.names).toEqual(["hooks.test"]);
  for (const url of [`https://other.test:${right.port}/`, `https://${OUTSIDE}:${right.port}/`]) {
    expect(await courier.deliver(url)).toMatchObject({
      ...{
        reason: "WEBHOOK_UNREACHABLE",
        message: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID"),
      },
    });
  }
});

test("a certificate of an unknown authority is refused, whatever the environment says", async () => {
  const stranger = await tlsReceiver(testAuthority().issue("stranger", "hooks.test"));
  expect(await courier.deliver(`https://hooks.test:${stranger.port}/`)).toMatchObject({
    ...{ reason: "WEBHOOK_UNREACHABLE", retryable: true },
  });
  const plain = await receiver(saying(OK));
  expect(await courier.deliver(`https://hooks.test:${plain.port}/`)).toMatchObject({
    reason: "WEBHOOK_UNREACHABLE",
  });
});

test("names whose DNS servers do not answer delay no other delivery", async () => {
  const ok = await receiver(saying(OK));
  const dead = Array.from({ length: 40 }, (_, n) =>
    courier.deliver(`http://n${n}.dead.test:${ok.port}/`),
  );
  for (let n = 0; n < 20; n += 1) {
    expect(await courier.deliver(`http://n${n}.live.test:${ok.port}/`)).toMatchObject({
      reason: undefined,
    });
  }
  for (const { reason } of await Promise.all(dead)) {
    expect(reason).toMatch(/^WEBHOOK_(TIMEOUT|UNREACHABLE)$/);
  }
});

test("a delivery that is cancelled ends its request at once", async () => {
  const heard = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { url } = await receiver((socket) => {
    socket.once("data", () => heard.resolve());
    socket.once("close", () => closed.resolve());
  });
  const { lease, outcome } = courier.begin(url);
  await heard.promise;
  courier.stop(lease);
  expect((await outcome).case).toBe("stopped");
  await closed.promise;
});

test("afterwards the courier delivers as before, uses little memory, and has logged nothing of URLs but hosts", async () => {
  const { url } = await receiver(saying(OK));
  expect(await courier.deliver(`${url}path-secret?token=query-secret#hash-secret`)).toMatchObject({
    reason: undefined,
  });
  const { url: failing } = await receiver(
    saying(head("500 No", "content-length: 13"), "answer-secret"),
  );
  expect(await courier.deliver(`${failing}path-secret?token=query-secret`)).toMatchObject({
    reason: "WEBHOOK_STATUS",
  });
  const memoryGrowth = async () => (await liveMemory(courier.worker)) - memoryAtStart;
  await expect.poll(memoryGrowth, patience).toBeLessThan(32 * 1024 * 1024);
  // The log comes by another way than the outcome.
  const log = () => courier.lines.join("\n");
  await expect.poll(log, patience).toContain("webhook failed");
  expect(log()).toContain(new URL(failing).host);
  expect(log()).not.toMatch(/-secret|the-signature|in-the-body|uncaught/i);
});

test("a courier that stops finishes the request that is under way", async () => {
  const heard = Promise.withResolvers<Socket>();
  const { url } = await receiver((socket) => {
    socket.once("data", () => heard.resolve(socket));
  });
  const { outcome } = courier.begin(url);
  const socket = await heard.promise;
  const stopped = courier.worker.stop();
  await expect
    .poll(() => courier.lines.some((line) => line.includes("SIGTERM")), patience)
    .toBe(true);
  socket.write(OK);
  expect((await outcome).case).toBe("completed");
  expect((await stopped).code).toBe(0);
});
