import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createMetrics } from "./create-metrics.ts";
import { metricExportWanted, startMetricExport } from "./export-metrics.ts";
import { registryProducer } from "./registry-producer.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://jaeger:4318" }, false],
  [{ OTEL_METRICS_EXPORTER: "otlp" }, true],
  [{ OTEL_METRICS_EXPORTER: "prometheus, otlp" }, true],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://collector:4318/v1/metrics" }, true],
  [{ OTEL_METRICS_EXPORTER: "none", OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://c" }, false],
  [{ OTEL_METRICS_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }, false],
])("with %j metrics are pushed: %s", (env, wanted) => {
  expect(metricExportWanted(env)).toBe(wanted);
});

test("counters, gauges and histograms are the same as in the registry, and buckets count for themselves", async () => {
  const { registry, jobCounters, jobWait, deadLetters } = createMetrics("scheduler");
  jobCounters.jobsFailed.inc({ queue: "q", type: "t" }, 3);
  deadLetters.set({ queue: "q" }, 7);
  const labels = { queue: "q", band: "batch", limited: "no" };
  for (const value of [0.004, 0.3, 0.3, 90_000]) jobWait.observe({ labels, value });
  const { resourceMetrics } = await registryProducer(registry, { nowMs: () => 1_500 }).collect();
  const metric = (name: string) =>
    resourceMetrics.scopeMetrics[0]?.metrics.find(({ descriptor }) => descriptor.name === name);
  const endTime = [1, 500_000_000];
  expect(metric("millrace_jobs_failed_total")).toMatchObject({
    isMonotonic: true,
    dataPoints: [{ attributes: { queue: "q", type: "t" }, value: 3, endTime }],
  });
  expect(metric("millrace_dead_letters")?.dataPoints).toMatchObject([{ value: 7 }]);
  const { value } = metric("millrace_job_wait_seconds")?.dataPoints[0] ?? {};
  if (typeof value !== "object" || !("buckets" in value)) throw new Error("no histogram");
  const { boundaries, counts } = value.buckets;
  expect(value).toMatchObject({ count: 4, sum: 90_000.604 });
  expect(counts).toHaveLength(boundaries.length + 1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect([counts[0], counts[boundaries.indexOf(0.5)], counts.at(-1)]).toEqual([1, 2, 1]);
});

test("metrics reach a collector, and one that is away is warned of once", async () => {
  const bodies: Buffer[] = [];
  let away = true;
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (away) return response.writeHead(400).end();
    expect([request.url, request.headers["content-type"]]).toEqual([
      ...["/v1/metrics", "application/x-protobuf"],
    ]);
    bodies.push(body);
    return response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  // The exporter of OpenTelemetry reads the process' own variables.
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
  const lines: string[] = [];
  const log = {
    info: (_: object, message: string) => void lines.push(message),
    warn: (_: object, message: string) => void lines.push(message),
  };
  const env = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "20" };
  const { registry } = createMetrics("gateway");
  const clock = { nowMs: () => 1_764_000_000_000 };
  const push = startMetricExport({ serviceName: "gateway", env, registry, clock, log });
  await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 20_000 });
  away = false;
  await vi.waitFor(() => expect(bodies.length).toBeGreaterThan(1), { timeout: 20_000 });
  await push.close();
  expect(lines).toEqual([
    "the collector does not take metrics",
    "the collector takes metrics again",
  ]);
  for (const text of ["millrace_build_info", "service.name", "gateway"]) {
    expect(bodies[0]?.includes(text)).toBe(true);
  }
});
