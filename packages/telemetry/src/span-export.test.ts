import { ManualClock } from "@millrace/testing";
import { ExportResultCode } from "@opentelemetry/core";
import { type ReadableSpan, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { LostSpans } from "./lost-spans.ts";
import { exporterOf, protocolOf, ReportingProcessor } from "./span-export.ts";
import { startTracing } from "./tracing.ts";

/** With an exporter that answers with `code`, or not at all. */
function setup(code: ExportResultCode | undefined) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const clock = new ManualClock();
  const log = createLogger("worker", { destination: { write } });
  const lost = new LostSpans({ collector: "c", clock, log });
  const exporter = {
    export(_: unknown, done: (result: { code: ExportResultCode }) => void) {
      if (code !== undefined) done({ code });
    },
    shutdown: async () => undefined,
  };
  const env = { OTEL_BSP_MAX_QUEUE_SIZE: "4", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "4" };
  const processor = new ReportingProcessor(exporter, lost, env);
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const endSpans = (count: number) => {
    for (let i = 0; i < count; i += 1) provider.getTracer("t").startSpan("s").end();
  };
  return { provider, lines, endSpans, lost, clock, log };
}

test("counts the spans that the collector did not take", async () => {
  const { provider, lines, endSpans, lost } = setup(ExportResultCode.FAILED);
  endSpans(3);
  await provider.forceFlush().catch(() => undefined);
  lost.close();
  expect(lines).toMatchObject([{ level: "warn", msg: "spans were lost", lost: 3 }]);
});

test("masks credentials in attributes, events and the status of a span", async () => {
  const sent: ReadableSpan[] = [];
  const exporter = {
    export(spans: ReadableSpan[], done: (result: { code: ExportResultCode }) => void) {
      sent.push(...spans);
      done({ code: ExportResultCode.SUCCESS });
    },
    shutdown: async () => undefined,
  };
  const { lost } = setup(undefined);
  const provider = new TracerProvider({
    spanProcessors: [new ReportingProcessor(exporter, lost, {})],
  });
  const span = provider.getTracer("t").startSpan("GET /v1/jobs/{id}");
  span.setAttributes({ "url.path": "/v1/jobs/mr_k7f3q2m9_5ec3e7", "http.status": 404 });
  span.setAttribute("asked.for", ["mrj_read.1764000000.documents~k7f3q2m9~01KB.c2VjcmV0", "x"]);
  span.addEvent("asked", { for: "mr_k7f3q2m9_5ec3e7" });
  span.setStatus({ code: 2, message: "there is no job mr_k7f3q2m9_5ec3e7" });
  span.end();
  await provider.forceFlush();
  expect(sent).toMatchObject([
    {
      attributes: {
        ...{ "url.path": "/v1/jobs/mr_k7f3q2m9_[redacted]", "http.status": 404 },
        "asked.for": ["mrj_[redacted]", "x"],
      },
      events: [{ attributes: { for: "mr_k7f3q2m9_[redacted]" } }],
      status: { code: 2, message: "there is no job mr_k7f3q2m9_[redacted]" },
    },
  ]);
});

test("counts the spans for which the queue had no room", () => {
  // The exporter takes the first four and never answers, and the next four wait.
  const { lines, endSpans, lost } = setup(undefined);
  endSpans(10);
  lost.close();
  expect(lines.reduce((sum, { lost: count }) => sum + Number(count), 0)).toBe(2);
});

test("spans can be sent over gRPC and over HTTP, and the protocol for traces takes precedence", () => {
  expect(protocolOf({})).toBe("http/protobuf");
  expect(protocolOf({ OTEL_EXPORTER_OTLP_PROTOCOL: " grpc " })).toBe("grpc");
  const both = {
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
  };
  expect(protocolOf(both)).toBe("http/protobuf");
  expect(exporterOf("grpc")).toBeDefined();
  expect(exporterOf("http/protobuf")).toBeDefined();
  expect(exporterOf("http/json")).toBeUndefined();
});

test("a protocol that is not supported is one warning that says so, and turns tracing off", () => {
  const { lines, clock, log } = setup(ExportResultCode.SUCCESS);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_EXPORTER_OTLP_PROTOCOL: "carrier-pigeon",
  };
  const tracing = startTracing({ serviceName: "worker", serviceVersion: "1", env, clock, log });
  expect(tracing.enabled).toBe(false);
  expect(lines).toMatchObject([
    { level: "warn", protocol: "carrier-pigeon", supported: "http/protobuf, grpc" },
  ]);
});
