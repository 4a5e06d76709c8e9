import { connectMillrace, type JobState } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { modelCallName, spanNames } from "@millrace/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { startSpanCollector } from "./traces/start-span-collector.ts";

async function setup() {
  const collector = await startSpanCollector();
  const system = await startSystem({ settings: { all: collector.settings } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const services = [...system.schedulers, ...system.gateways, ...system.workers];
  const metrics = services.map(({ addresses }) => addresses.metrics);
  return { millrace, collector, metrics };
}

const text = Array.from(
  { length: 40 },
  (_, i) => `Whale number ${i} swam past the ship, and the captain wrote of it. The sea was calm.`,
).join("\n\n");

test("a document passes gateway, scheduler and worker, and its summary streams back", async () => {
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

  const { queueWait, attempt, readDocument } = spanNames;
  const names = [queueWait, attempt, readDocument, modelCallName("key-sentences")];
  await collector.trace(traceId, (spans) =>
    names.every((name) => spans.some((span) => span.name === name)),
  );
  const pages = await Promise.all(
    metrics.map(async (address) => (await fetch(`http://${address}/metrics`)).text()),
  );
  expect(pages[0]).toContain(
    'millrace_jobs_completed_total{queue="documents",type="summarize"} 1\n',
  );
  expect(pages[1]).toContain('method="/millrace.jobs.v1.JobService/WatchJob",code="0"} 1\n');
  expect(pages[1]).toMatch(/millrace_relayed_chunks_total [1-9]/);
  expect(pages[2]).toContain(
    'millrace_worker_attempts_total{queue="documents",type="summarize",outcome="completed"} 1\n',
  );
});
