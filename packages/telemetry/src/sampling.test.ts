import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock } from "@millrace/testing";
import { context, propagation, trace } from "@opentelemetry/api";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createLogger } from "./logger.ts";
import { inSpan, isRecording, openSpan } from "./spans.ts";
import { extractTrace, injectTrace } from "./trace-context.ts";
import { startTracing, type Tracing } from "./tracing.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const headers = (flags: string) => ({ traceparent: `00-${traceId}-b7ad6b7169203331-${flags}` });

const collector = createServer((request, response) => {
  request.resume().on("end", () => response.end());
});
let tracing: Tracing | undefined;

beforeAll(() => once(collector.listen(0, "127.0.0.1"), "listening"));
afterAll(() => collector.close());

/** Traces with a sampler. */
function sample(sampler: string): void {
  const { port } = collector.address() as AddressInfo;
  vi.stubEnv("OTEL_TRACES_SAMPLER", sampler);
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${port}`);
  tracing = startTracing({
    ...{ serviceName: "worker", serviceVersion: "1", env: process.env },
    ...{ clock: new ManualClock(), log: createLogger("worker", { level: "error" }) },
  });
}

afterEach(async () => {
  await tracing?.close();
  vi.unstubAllEnvs();
  for (const api of [trace, context, propagation]) api.disable();
});

/** What a span that continues a trace sees of itself, and passes on. */
const inside = (flags: string) =>
  inSpan("work", { parent: extractTrace(headers(flags)) }, async () => {
    // The context is that of the trace also after a wait.
    await Promise.resolve();
    return { recording: isRecording(), passedOn: injectTrace().traceparent ?? "" };
  });

test("a trace that is not sampled is passed on as it came, and nothing is recorded", async () => {
  sample("parentbased_always_on");
  expect(await inside("00")).toEqual({ recording: false, passedOn: headers("00").traceparent });
  const span = openSpan("work", { parent: extractTrace(headers("00")) });
  span.describe({ a: 1 });
  span.fail("REASON");
  span.end();
});

test("a trace that is sampled goes on", async () => {
  sample("parentbased_traceidratio");
  const { recording, passedOn } = await inside("01");
  expect(recording).toBe(true);
  expect(passedOn).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
});

test("a sampler that decides by itself is asked also in a trace that is not sampled", async () => {
  sample("always_on");
  const { recording, passedOn } = await inside("00");
  expect(recording).toBe(true);
  expect(passedOn).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
});
