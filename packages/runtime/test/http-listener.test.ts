import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { status } from "@grpc/grpc-js";
import { JobService } from "@millrace/proto/job-service";
import { expect, onTestFinished, test } from "vitest";
import { rpcError } from "../src/index.ts";
import { big, echo, getJob, post, raw, watchJob } from "./http-listener-setup.ts";
import { startHttpServer } from "./http-server.ts";
import { jobId } from "./job-server.ts";

test("refuses a caller before its body is read", async () => {
  await using setup = await startHttpServer(
    { getJob: async () => ({}) },
    {
      routes: [{ ...echo, method: "PUT" }],
      authenticate: async () => {
        throw rpcError({ reason: "UNAUTHENTICATED", message: "unknown key" });
      },
    },
  );
  for (const head of [`POST ${getJob}`, "PUT /echo/a"]) {
    const socket = await raw(setup.server.address);
    // The body never arrives.
    socket.write(
      `${head} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n`,
    );
    while (!socket.text().includes("unknown key")) await once(socket, "data");
    socket.destroy();
    expect(socket.text()).toMatch(/^HTTP\/1.1 401 /);
  }
});

test("refuses a body that is not JSON as MALFORMED, and says where", async () => {
  await using setup = await startHttpServer({ getJob: async () => ({}) });
  const response = await post(setup.url + getJob, '{"jobId": 7}');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: "invalid_argument",
    message: "job_id: must be a text in quotes",
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason: "MALFORMED" } },
      { type: "google.rpc.BadRequest", debug: { fieldViolations: [{ field: "job_id" }] } },
    ],
  });
  expect((await post(setup.url + getJob, "{")).status).toBe(400);
  expect(setup.codes()).toEqual([status.INVALID_ARGUMENT, status.INVALID_ARGUMENT]);
  expect(setup.bugs).toEqual([]);
});

test("refuses a method called with another content type, and names the accepted ones", async () => {
  await using setup = await startHttpServer({});
  const response = await post(setup.url + getJob, "a=b", { "content-type": "text/plain" });
  expect(response.status).toBe(415);
  expect(await response.json()).toMatchObject({ status: 415, reason: "MEDIA_TYPE" });
});

test("answers an unknown address with 404, and a known one under another method with 405 and the methods", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const missing = await fetch(`${setup.url}/nothing`);
  expect(missing.status).toBe(404);
  expect(missing.headers.get("content-type")).toBe("application/problem+json");
  expect(await missing.json()).toEqual({
    title: "Not Found",
    status: 404,
    detail: "there is no route GET /nothing",
    reason: "ROUTE_NOT_FOUND",
  });
  const other = await fetch(`${setup.url}/echo/a`, { method: "DELETE" });
  expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  const asked = await fetch(`${setup.url}/echo/a`, { method: "OPTIONS" });
  expect([asked.status, asked.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
  expect((await fetch(setup.url + getJob)).headers.get("allow")).toBe("POST, OPTIONS");
});

test("passes parameters to a route, and answers HEAD with the same headers and no body", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const got = await fetch(`${setup.url}/echo/a%20b?q=c`);
  expect(await got.text()).toBe("nobody a b c");
  const head = await fetch(`${setup.url}/echo/a%20b?q=c`, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe("12");
  expect(await head.text()).toBe("");
  expect(setup.codes()).toEqual([status.OK, status.OK]);
});

test("refuses headers of 16 KiB, and accepts fewer", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const statusOf = (bytes: number) =>
    fetch(`${setup.url}/echo/a`, { headers: { "x-filler": "x".repeat(bytes) } });
  expect((await statusOf(15_000)).status).toBe(200);
  expect((await statusOf(16_384)).status).toBe(431);
});

test("refuses headers of 16 KiB on HTTP/2 too", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const session = connectHttp2(setup.url);
  onTestFinished(() => session.destroy());
  const statusOf = async (bytes: number) => {
    const stream = session.request({ ":path": "/echo/a", "x-filler": "x".repeat(bytes) }).resume();
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    return headers[":status"];
  };
  expect(await statusOf(15_000)).toBe(200);
  await expect(statusOf(16_384)).rejects.toThrow("NGHTTP2_ENHANCE_YOUR_CALM");
});

test("does not compress answers, even if the caller accepts that", async () => {
  await using setup = await startHttpServer({
    getJob: async ({ jobId: id }) => ({ job: { id, payloadJson: "x".repeat(5_000) } }),
  });
  const answer = await post(setup.url + getJob, JSON.stringify({ jobId }), {
    "accept-encoding": "gzip",
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-encoding")).toBeNull();
});

test("sends both directions of a stream at once on HTTP/2", async () => {
  await using setup = await startHttpServer({
    async *submitStream(requests) {
      for await (const { jobs } of requests) {
        yield { results: jobs.map(({ sequence }) => ({ sequence })) };
      }
    },
  });
  const jobs = createClient(
    JobService,
    createConnectTransport({ baseUrl: setup.url, httpVersion: "2" }),
  );
  let more = Promise.withResolvers<bigint | undefined>();
  async function* requests() {
    for (;;) {
      const sequence = await more.promise;
      more = Promise.withResolvers();
      if (sequence === undefined) return;
      yield { jobs: [{ sequence }] };
    }
  }
  const responses = jobs.submitStream(requests())[Symbol.asyncIterator]();
  for (const sequence of [1n, 2n]) {
    more.resolve(sequence);
    expect((await responses.next()).value?.results[0]?.sequence).toBe(sequence);
  }
  more.resolve(undefined);
  expect((await responses.next()).done).toBe(true);
});

test.each(["HTTP/1.1", "HTTP/2"])(
  "does not read a source far ahead of a peer on %s that does not read, and ends it when the peer leaves",
  async (version) => {
    let pulled = 0;
    const ended = Promise.withResolvers<void>();
    const total = 5_000;
    await using setup = await startHttpServer({
      async *watchJob() {
        try {
          while (pulled < total) {
            pulled += 1;
            yield big;
          }
        } finally {
          ended.resolve();
        }
      },
      getJob: async () => ({}),
    });
    const body = JSON.stringify({ jobId });
    const envelope = Buffer.concat([Buffer.from([0, 0, 0, 0, body.length]), Buffer.from(body)]);
    const type = { "content-type": "application/connect+json" };
    let leave: () => void;
    if (version === "HTTP/2") {
      const session = connectHttp2(setup.url);
      const stream = session.request({ ":method": "POST", ":path": watchJob, ...type });
      stream.end(envelope);
      await once(stream, "response");
      leave = () => session.destroy();
    } else {
      const request = httpRequest(setup.url + watchJob, { method: "POST", headers: type });
      request.end(envelope);
      await once(request, "response");
      leave = () => request.destroy();
    }
    // Each round trip is time in which a writer without back-pressure would go on.
    for (let round = 0; round < 200; round += 1) await post(setup.url + getJob, body);
    expect(pulled).toBeGreaterThan(0);
    expect(pulled).toBeLessThan(total / 20);
    leave();
    await ended.promise;
    expect(setup.bugs).toEqual([]);
  },
);

test("lets pages of allowed origins call from a browser, and no others", async () => {
  const allowedOrigins = ["https://app.example"];
  await using setup = await startHttpServer({}, { routes: [echo], allowedOrigins });
  const from = (origin: string, init: RequestInit = {}) =>
    fetch(`${setup.url}/echo/a`, { ...init, headers: { ...init.headers, origin } });
  const allowed = await from("https://app.example");
  expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
  expect(allowed.headers.get("access-control-expose-headers")).toContain("Location");
  expect(allowed.headers.get("vary")).toBe("Origin");
  const other = await from("https://evil.example");
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
  const preflight = await from("https://app.example", {
    method: "OPTIONS",
    headers: { "access-control-request-method": "PUT" },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
});

test("lets no page call by default", async () => {
  await using setup = await startHttpServer({}, { routes: [echo] });
  const response = await fetch(`${setup.url}/echo/a`, { headers: { origin: "https://a.example" } });
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test("paths with a form of their own answer in it: calls, faults, unknown routes, and with its headers", async () => {
  await using setup = await startHttpServer(
    {},
    {
      routes: [{ ...echo, method: "PUT" }],
      formOf: (pathname) =>
        pathname.startsWith("/echo")
          ? {
              ...{ headers: { "x-request-id": "req_1" }, requestId: "req_1" },
              faultAnswer: ({ reason }) => ({
                ...{
                  status: 418,
                  headers: { "content-type": "text/plain" },
                  body: `no: ${reason}`,
                },
              }),
            }
          : undefined,
    },
  );
  const answer = await fetch(`${setup.url}/echo/a`, { method: "PUT", body: "{}" });
  expect([answer.status, answer.headers.get("x-request-id")]).toEqual([200, "req_1"]);
  const told = async (path: string) => {
    const { status, headers, text } = await fetch(setup.url + path).then(async (response) => ({
      ...{ status: response.status, headers: response.headers, text: await response.text() },
    }));
    return [status, headers.get("x-request-id"), text];
  };
  expect(await told("/echo/a")).toEqual([418, "req_1", "no: METHOD_NOT_ALLOWED"]);
  expect(await told("/echo/a/b")).toEqual([418, "req_1", "no: ROUTE_NOT_FOUND"]);
  const [status, id] = await told("/elsewhere");
  expect([status, id]).toEqual([404, null]);
});
