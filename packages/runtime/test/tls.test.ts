import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { credentials, status } from "@grpc/grpc-js";
import { JobService } from "@millrace/proto/job-service";
import { ManualClock, type TestCertificate, testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { fixedValue, grpcClient, type ReloadedValue, type ServerTls } from "../src/index.ts";
import { clientCredentials } from "../src/tls-credentials.ts";
import { startHttpServer } from "./http-server.ts";
import { failureOf, jobId, startJobServer } from "./job-server.ts";

const authority = testAuthority();
const stranger = testAuthority();
const server = authority.issue("server");
const getJob = async () => ({ job: { id: jobId } });

/** What a client trusts, and what it presents. */
interface Side {
  readonly ca: Buffer;
  readonly own?: TestCertificate;
}

const trusting: Side = { ca: authority.ca };
const known: Side = { ca: authority.ca, own: authority.issue("client") };
const unknown: Side = { ca: authority.ca, own: stranger.issue("client") };
const misled: Side = { ca: stranger.ca };

function grpcCall(address: string, { ca, own }: Side) {
  const client = grpcClient(JobService, address, {
    credentials: credentials.createSsl(ca, own?.key ?? null, own?.cert ?? null),
  });
  onTestFinished(() => client.close());
  return client.rpc.getJob({ jobId });
}

const httpCall =
  (httpVersion: "1.1" | "2") =>
  (baseUrl: string, { ca, own }: Side) => {
    const nodeOptions = { ca, ...own };
    const transport =
      httpVersion === "2"
        ? createConnectTransport({ baseUrl, httpVersion, nodeOptions })
        : createGrpcWebTransport({
            baseUrl,
            httpVersion,
            nodeOptions: { ...nodeOptions, agent: false },
          });
    return createClient(JobService, transport).getJob({ jobId });
  };

type Handler = () => Promise<{ job: { id: string } }>;

const listeners = [
  [
    "gRPC",
    async (tls: ReloadedValue<ServerTls>, handler: Handler = getJob) => {
      const running = await startJobServer({ getJob: handler }, { tls });
      return { running, call: (side: Side) => grpcCall(running.server.address, side) };
    },
  ],
  ...(["1.1", "2"] as const).map(
    (version) =>
      [
        `HTTP/${version}`,
        async (tls: ReloadedValue<ServerTls>, handler: Handler = getJob) => {
          const running = await startHttpServer({ getJob: handler }, { tls });
          return { running, call: (side: Side) => httpCall(version)(running.url, side) };
        },
      ] as const,
  ),
] as const;

/** A value that a test replaces. */
function renewable<Value>(first: Value) {
  const listeners: ((value: Value) => void)[] = [];
  const renewed = {
    current: first,
    onReplaced: (listener: (value: Value) => void) => void listeners.push(listener),
  };
  return {
    renewed,
    renew(value: Value) {
      renewed.current = value;
      for (const listener of listeners) listener(value);
    },
  };
}

test.each(listeners)(
  "serves on %s with TLS clients that trust its certificate, and no others",
  async (_, start) => {
    const { running, call } = await start(fixedValue(server));
    await using _running = running;
    expect((await call(trusting)).job?.id).toBe(jobId);
    await failureOf(call(misled));
  },
);

test.each(listeners)(
  "serves on %s with a client CA only clients whose certificate it signed",
  async (_, start) => {
    const { running, call } = await start(fixedValue({ ...server, clientCa: authority.ca }));
    await using _running = running;
    expect((await call(known)).job?.id).toBe(jobId);
    await failureOf(call(trusting));
    await failureOf(call(unknown));
  },
);

test.each(listeners)(
  "presents on %s a replaced certificate to new clients, requires one of the replaced CA, and cuts no connection",
  async (_, start) => {
    const begun = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    let calls = 0;
    const { renewed, renew } = renewable<ServerTls>({ ...server, clientCa: authority.ca });
    const { running, call } = await start(renewed, async () => {
      calls += 1;
      if (calls === 1) {
        begun.resolve();
        await go.promise;
      }
      return { job: { id: jobId } };
    });
    await using _running = running;
    const before = call(known);
    await begun.promise;
    renew({ ...stranger.issue("server"), clientCa: stranger.ca });
    const now = { ca: stranger.ca, own: stranger.issue("client") };
    expect((await call(now)).job?.id).toBe(jobId);
    await failureOf(call(known));
    await failureOf(call({ ...known, ca: stranger.ca }));
    go.resolve();
    expect((await before).job?.id).toBe(jobId);
  },
);

test("presents and trusts replaced certificates on a client's next connection", async () => {
  await using setup = await startJobServer(
    { getJob },
    { tls: fixedValue({ ...stranger.issue("server"), clientCa: stranger.ca }) },
  );
  const { renewed, renew } = renewable({ ca: authority.ca, ...authority.issue("client") });
  const client = grpcClient(JobService, setup.server.address, {
    ...clientCredentials(renewed),
    channelOptions: { "grpc.initial_reconnect_backoff_ms": 100 },
  });
  onTestFinished(() => client.close());
  await failureOf(client.rpc.getJob({ jobId }));
  renew({ ca: stranger.ca, ...stranger.issue("client") });
  await client.ready(30_000);
  expect((await client.rpc.getJob({ jobId })).job?.id).toBe(jobId);
});

test("serves no caller in plaintext on a TLS listener", async () => {
  await using setup = await startJobServer({ getJob }, { tls: fixedValue(server) });
  const error = await failureOf(setup.rpc.getJob({ jobId }, { deadlineMs: 2_000 }));
  expect([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]).toContain(
    (error as { code: status }).code,
  );
});

test("negotiates HTTP/2 or HTTP/1.1 with TLS", async () => {
  await using setup = await startHttpServer({ getJob }, { tls: fixedValue(server) });
  const session = connectHttp2(setup.url, { ca: authority.ca });
  await once(session, "connect");
  expect(session.alpnProtocol).toBe("h2");
  session.close();
  const asked = request(`${setup.url}/nothing`, { ca: authority.ca, agent: false }).end();
  const [response] = await once(asked, "response");
  expect([response.httpVersion, response.statusCode]).toEqual(["1.1", 404]);
  response.resume();
});

test("refuses old versions of TLS", async () => {
  await using setup = await startHttpServer({ getJob }, { tls: fixedValue(server) });
  const { port } = new URL(setup.url);
  const socket = connectTls({
    ...{ host: "127.0.0.1", port: Number(port), ca: authority.ca },
    ...{ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" },
  });
  const [error] = (await once(socket, "error")) as [Error];
  expect(error.message).toMatch(/alert protocol version|unsupported protocol|wrong version/i);
});

test("ends a connection that never completes its handshake with the grace", async () => {
  const clock = new ManualClock();
  await using setup = await startHttpServer(
    {},
    { tls: fixedValue(server), clock, limits: { graceMs: 5_000 } },
  );
  const socket = connect(Number(new URL(setup.url).port), "127.0.0.1");
  await once(socket, "connect");
  // After a full exchange on another connection, the server knows of the first one.
  const asked = request(`${setup.url}/nothing`, { ca: authority.ca, agent: false }).end();
  (await once(asked, "response"))[0].resume();
  const cut = once(socket, "close");
  const closed = setup.server.close();
  clock.advance(5_000);
  await cut;
  await closed;
});
