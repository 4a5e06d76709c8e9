import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { startReceiver, startSending } from "./webhook-setup.ts";

test("sends the signed request as the scheduler made it, and returns what the receiver answered", async () => {
  const receiver = await startReceiver((_, response) => response.end("thank\u0007 you\n"));
  const { send, logged } = startSending();
  const headers = { "content-type": "application/json", "webhook-id": "evt_1", "user-agent": "m" };
  const body = '{"id":"evt_1","name":"Zoë"}';
  expect(await send({ url: receiver.url, headers, body })).toEqual({
    ...{ status: 200, latency_ms: expect.any(Number), answer: "thank  you" },
  });
  expect(receiver.heard).toMatchObject([{ headers: { ...headers, "content-length": "28" }, body }]);
  expect(receiver.heard[0]?.headers).not.toHaveProperty("traceparent");
  expect(logged).toEqual([]);
});

const busy = { account: "webhook/we_1", quotaExhausted: false };

test.each([
  [201, {}, undefined],
  [204, {}, undefined],
  [301, { location: "http://169.254.169.254/" }, { reason: "WEBHOOK_REDIRECT", retryable: true }],
  [308, { location: "/there" }, { reason: "WEBHOOK_REDIRECT", retryable: true }],
  [400, {}, { reason: "WEBHOOK_STATUS", provider: { ...busy, httpStatus: 400 } }],
  [410, {}, { reason: "WEBHOOK_GONE", retryable: false }],
  [429, { "retry-after": "7" }, { retryAfterMs: 7_000, provider: { ...busy, httpStatus: 429 } }],
  [503, {}, { retryAfterMs: undefined, provider: { ...busy, httpStatus: 503 } }],
  [
    500,
    { "retry-after": "7" },
    { reason: "WEBHOOK_STATUS", provider: { ...busy, httpStatus: 500 } },
  ],
])("an answer with status %d and %j", async (status, headers, wanted) => {
  const receiver = await startReceiver((_, response) =>
    response.writeHead(status, headers).end("why"),
  );
  const { post, failure } = startSending();
  if (wanted === undefined) return expect(await post(receiver.url)).toMatchObject({ status });
  expect(await failure(receiver.url)).toMatchObject({
    ...wanted,
    details: { status, latency_ms: expect.any(Number), answer: "why" },
  });
  expect(receiver.heard).toHaveLength(1);
});

test("a receiver's time for the next request is read as seconds or as a date, and anything else is ignored", async () => {
  const clock = new ManualClock(Date.UTC(2026, 10, 29, 12));
  const asked: [header: string, ms: number | undefined][] = [
    ["120", 120_000],
    ["Sun, 29 Nov 2026 12:00:30 GMT", 30_000],
    ["Sun, 29 Nov 2026 11:00:00 GMT", undefined],
    ["-5", undefined],
    ["Soon, 29 Nov 2099", undefined],
    ["1e999", undefined],
  ];
  const receiver = await startReceiver((_, response) => {
    const [header = ""] = asked[receiver.heard.length - 1] ?? [];
    response.writeHead(429, { "retry-after": header }).end();
  });
  const { failure } = startSending({ clock });
  for (const [header, ms] of asked) {
    expect((await failure(receiver.url)).retryAfterMs, header).toBe(ms);
  }
});

test("waits longer after each failure, by the schedule of Standard Webhooks, a little less by chance", async () => {
  const receiver = await startReceiver((_, response) => response.writeHead(500).end());
  const { failure } = startSending();
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    waits.push((await failure(receiver.url, { attempt })).retryAfterMs ?? Number.NaN);
  }
  const hour = 3_600_000;
  const schedule = [
    5_000,
    300_000,
    hour / 2,
    2 * hour,
    5 * hour,
    10 * hour,
    14 * hour,
    20 * hour,
    24 * hour,
    24 * hour,
  ];
  expect(new Set(waits).size).toBe(10);
  for (const [at, most] of schedule.entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(most * 0.8);
    expect(waits[at]).toBeLessThanOrEqual(most);
  }
});

test("a delivery that must not be sent fails with the scheduler's reason, and no request is made", async () => {
  const { send } = startSending();
  const refused = { reason: "ENDPOINT_DELETED", message: "The endpoint was deleted." };
  await expect(send({ refused })).rejects.toMatchObject({ ...refused, retryable: false });
});

test("a receiver that does not answer in time fails the request, and its connection is closed", async () => {
  const clock = new ManualClock();
  const closed = Promise.withResolvers<void>();
  const receiver = await startReceiver((request) => {
    request.socket.once("close", closed.resolve);
    clock.advance(15_000);
  });
  const { failure } = startSending({ clock });
  expect(await failure(receiver.url)).toMatchObject({
    ...{ reason: "WEBHOOK_TIMEOUT", retryable: true, details: { latency_ms: 15_000 } },
    provider: { ...busy, httpStatus: 0 },
  });
  await closed.promise;
});

test("an attempt that must stop ends its request at once, with the reason of the signal", async () => {
  const stop = new AbortController();
  const closed = Promise.withResolvers<void>();
  const receiver = await startReceiver((request) => {
    request.socket.once("close", closed.resolve);
    stop.abort(new Error("cancelled"));
  });
  const { post, logged } = startSending();
  await expect(post(receiver.url, { signal: stop.signal })).rejects.toThrow("cancelled");
  await closed.promise;
  expect(logged).toEqual([]);
});

test("a receiver that cannot be reached: the message and the log name its host and nothing else of its URL", async () => {
  const receiver = await startReceiver(() => undefined);
  await new Promise((resolve) => receiver.server.close(resolve));
  const { failure, logged } = startSending();
  const error = await failure(receiver.url);
  expect(error).toMatchObject({
    ...{ reason: "WEBHOOK_UNREACHABLE", retryable: true, provider: { ...busy, httpStatus: 0 } },
  });
  expect(error.message).toBe(
    `There was no valid HTTP answer from 127.0.0.1:${receiver.port} (ECONNREFUSED).`,
  );
  expect(logged).toHaveLength(1);
  expect(`${logged} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/in-the-query|evt_1/);
});

test("requests one after another share a connection, and a request survives its end", async () => {
  const receiver = await startReceiver((_, response) => response.end());
  const { post } = startSending();
  for (let n = 0; n < 5; n += 1) await post(receiver.url);
  expect(receiver.connections()).toBe(1);
  // The receiver closes the idle connection in the moment of the next request.
  receiver.server.once("request", (request) => request.socket.destroy());
  expect(await post(receiver.url)).toMatchObject({ status: 200 });
  expect(receiver.connections()).toBe(2);
});

test("idle connections are bounded over all receivers together", async () => {
  const open = new Set<object>();
  const { post } = startSending({ maxIdle: 3 });
  const closed: Promise<unknown>[] = [];
  for (let n = 0; n < 6; n += 1) {
    const receiver = await startReceiver((_, response) => response.end());
    receiver.server.on("connection", (socket) => {
      open.add(socket);
      closed.push(
        new Promise((resolve) => socket.once("close", () => resolve(open.delete(socket)))),
      );
    });
    await post(receiver.url);
  }
  await Promise.all(closed.slice(0, 3));
  expect(open.size).toBe(3);
});
