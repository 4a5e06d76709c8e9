import { type Server as GrpcServer, Server, ServerCredentials } from "@grpc/grpc-js";
import { freePort, startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";
import { type Span, spansOf } from "./span-collector.ts";

/** A collector that takes spans over gRPC, as OpenTelemetry's own does. */
async function grpcCollector() {
  const first = Promise.withResolvers<readonly Span[]>();
  const server: GrpcServer = new Server();
  const bytes = (value: Buffer) => value;
  server.addService(
    {
      Export: {
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        ...{ requestStream: false, responseStream: false },
        ...{ requestSerialize: bytes, requestDeserialize: bytes },
        ...{ responseSerialize: bytes, responseDeserialize: bytes },
      },
    },
    {
      Export(call: { request: Buffer }, done: (error: null, answer: Buffer) => void) {
        const spans = spansOf(call.request);
        if (spans.some(({ name }) => name === "millrace.attempt")) first.resolve(spans);
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { url: `http://127.0.0.1:${port}`, first: first.promise };
}

test("spans go over gRPC too; a dead collector and an unknown protocol are one warning each, with what is lost", async () => {
  const collector = await grpcCollector();
  const logs: Record<string, Record<string, unknown>[]> = {
    gateway: [],
    scheduler: [],
    worker: [],
  };
  const lost = Promise.withResolvers<void>();
  const system = await startSystem({
    settings: {
      all: { OTEL_BSP_SCHEDULE_DELAY: "50" },
      gateway: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "carrier-pigeon",
      },
      scheduler: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_EXPORTER_OTLP_TIMEOUT: "1000",
      },
      worker: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      },
    },
    log(line, service) {
      const fields = JSON.parse(line) as Record<string, unknown>;
      logs[service]?.push(fields);
      if (fields.msg === "spans were lost") lost.resolve();
    },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const submit = () =>
    fetch(`${system.httpUrl}/v1/jobs`, {
      method: "POST",
      headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        ...{ queue: "documents", type: "chat" },
        payload: { messages: [{ role: "user", content: "The sea was calm." }] },
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      }),
    });
  expect((await submit()).status).toBe(202);

  const [span] = await collector.first;
  expect(span?.resource).toMatchObject({ "service.name": "worker" });
  await lost.promise;
  const lines = (service: string, name: RegExp) =>
    logs[service]?.filter(({ msg }) => name.test(String(msg)));
  expect(lines("scheduler", /spans were lost/)).toMatchObject([
    { level: "warn", lost: expect.any(Number), error: expect.anything() },
  ]);
  expect(lines("gateway", /spans are lost/)).toMatchObject([
    { level: "warn", protocol: "carrier-pigeon" },
  ]);
  expect(lines("worker", /spans/)).toEqual([]);
}, 120_000);
