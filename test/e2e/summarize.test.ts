import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectMillrace, type JobState } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";

async function setup() {
  const collector = await startCollector();
  const system = await startSystem({ settings: { all: collector.settings } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const services = [...system.schedulers, ...system.gateways, ...system.workers];
  const metrics = services.map(({ addresses }) => addresses.metrics);
  return { millrace, collector, metrics };
}

/** Takes spans over OTLP, and tells which of some names have come in one trace. */
async function startCollector() {
  const bodies: Buffer[] = [];
  let arrived = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()));
    response.end();
    arrived.resolve();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
  };
  // An OTLP span begins with its trace's 16 bytes, and its name follows within a few dozen more.
  const seen = (traceId: string, name: string) =>
    bodies.some((body) => {
      const id = Buffer.from(traceId, "hex");
      for (let at = body.indexOf(id); at >= 0; at = body.indexOf(id, at + 1)) {
        if (body.subarray(at, at + 128).includes(name)) return true;
      }
      return false;
    });
  const until = async (traceId: string, names: readonly string[]) => {
    while (!names.every((name) => seen(traceId, name))) {
      await arrived.promise;
      arrived = Promise.withResolvers();
    }
  };
  return { settings, until };
}

const text = Array.from(
  { length: 40 },
  (_, i) => `Whale number ${i} swam past the ship, and the captain wrote of it. The sea was calm.`,
).join("\n\n");

test("a document goes through gateway, scheduler and worker, and its summary streams back", async () => {
  const { millrace, collector, metrics } = await setup();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const document = await millrace.uploadDocument(Buffer.from(text), { name: "whales.txt" });
  const { jobId } = await millrace.submit({
    queue: "documents",
    type: "summarize",
    documentIds: [document.id],
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  });
  let summary = "";
  let state: JobState | undefined;
  const offsets: number[] = [];
  for await (const event of millrace.watch(jobId)) {
    if (event.kind === "job") state = event.job.state;
    else offsets.push(event.offset);
    if (event.kind === "text") summary += event.text;
  }
  expect(state).toBe("SUCCEEDED");
  expect(summary).toMatch(/[Ww]hale/);
  expect(offsets).toEqual(offsets.map((_, i) => i));

  await collector.until(traceId, ["queue_wait", "millrace.attempt", "provider_call"]);
  const pages = await Promise.all(
    metrics.map(async (address) => (await fetch(`http://${address}/metrics`)).text()),
  );
  expect(pages[0]).toContain(
    'millrace_jobs_completed_total{queue="documents",type="summarize"} 1\n',
  );
  expect(pages[1]).toContain('method="/millrace.jobs.v1.JobService/WatchJob",code="0"} 1\n');
  expect(pages[2]).toContain("process_cpu_seconds_total");
});
