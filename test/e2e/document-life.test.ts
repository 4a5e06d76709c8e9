/** Tests how long documents live, with real services and a gateway that looks for expired documents each second. */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { systemClock } from "@millrace/shared";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";

const LIMIT_BYTES = 200_000;
const system = await startSystem({
  ...{ workers: 0 },
  settings: {
    gateway: {
      ...{ MILLRACE_DOCUMENT_COLLECT_MS: "1000", MILLRACE_DOCUMENT_BYTES: String(LIMIT_BYTES) },
      MILLRACE_DOCUMENT_GRACE_MS: "1000",
    },
  },
});
afterAll(() => system[Symbol.asyncDispose]());

let queues = 0;
async function setup() {
  queues += 1;
  const queue = `life${queues}`;
  await system.putQueue({ name: queue });
  const apiKey = await system.createApiKey(queue);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  onTestFinished(() => millrace.close());
  const gone = (id: string) =>
    vi.waitFor(
      () =>
        expect(millrace.getDocument(id)).rejects.toMatchObject({ reason: "DOCUMENT_NOT_FOUND" }),
      { timeout: 30_000, interval: 100 },
    );
  return { queue, apiKey, millrace, gone };
}

test("an expired document is deleted, except while an unfinished job names it", async () => {
  const { queue, millrace, gone } = await setup();
  const expireTime = new Date(systemClock.nowMs() + 2_000);
  const named = await millrace.uploadDocument(Buffer.from("named"), { expireTime });
  const other = await millrace.uploadDocument(Buffer.from("other"), { expireTime });
  const runAt = new Date(systemClock.nowMs() + 3_600_000);
  const documentIds = [named.id];
  const { jobId } = await millrace.submit({ queue, type: "read", documentIds, runAt });
  await gone(other.id);
  expect(await millrace.getDocument(named.id)).toMatchObject({ id: named.id });
  const refused = millrace.deleteDocument(named.id);
  await expect(refused).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_IN_USE", message: expect.stringContaining(jobId) },
  });
  await millrace.cancel(jobId);
  await gone(named.id);
});

test("an upload and its submission may be repeated together", async () => {
  const { queue, millrace } = await setup();
  const once = async () => {
    const { id } = await millrace.uploadDocument(Buffer.from("The mill turns."), { name: "a.txt" });
    const job = { queue, type: "read", documentIds: [id], idempotencyKey: "once" };
    return (await millrace.submit(job)).jobId;
  };
  expect(await once()).toBe(await once());
});

test("the answer to a refused upload arrives at a client that first sends the whole file", async () => {
  const { apiKey } = await setup();
  const { hostname, port } = new URL(system.httpUrl);
  const bytes = 100 * 1024 * 1024;
  const answers = ["content-length", "chunked"].map(async (framing) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    const head = `PUT /v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${apiKey}\r\n`;
    const length =
      framing === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes}`;
    socket.write(`${head}${length}\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024, "a");
    const send = (data: string | Buffer) =>
      new Promise<void>((sent, failed) =>
        socket.write(data, (error) => (error ? failed(error) : sent())),
      );
    for (let left = bytes; left > 0; left -= piece.length) {
      if (framing === "chunked") await send(`${piece.length.toString(16)}\r\n`);
      await send(piece);
      if (framing === "chunked") await send("\r\n");
    }
    if (framing === "chunked") await send("0\r\n\r\n");
    return text(socket);
  });
  for (const answer of await Promise.all(answers)) {
    expect(answer).toContain("HTTP/1.1 413");
    expect(answer).toContain(`limit of ${LIMIT_BYTES} bytes`);
  }
});
