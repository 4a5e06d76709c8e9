import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connectMillrace } from "@millrace/client";
import { openDocumentStore } from "@millrace/documents";
import { openEngine } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import {
  systemClock as clock,
  formatApiKey,
  hashSecret,
  newApiKey,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { freePort, startRedis } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";

const services = join(import.meta.dirname, "../../services");

/** Starts a service as its operator does, and waits until it says that it runs. */
async function start(name: string, says: string, settings: Record<string, string>) {
  const child = spawn(process.execPath, [join(services, name, "src/main.ts")], {
    env: { PATH: process.env.PATH, MILLRACE_METRICS_PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  });
  const lines = createInterface(child.stdout);
  return await new Promise<{ metrics: string }>((resolve, reject) => {
    lines.on("line", (line) => {
      const { msg, metrics } = JSON.parse(line) as { msg: string; metrics: string };
      if (msg === says) resolve({ metrics });
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it served`)));
  });
}

async function setup() {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const directory = await mkdtemp(join(tmpdir(), "millrace-e2e-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const engine = await openEngine({ redis: { url: redis.url }, clock, random });
  onTestFinished(() => engine.close());
  await engine.defineQueue({ name: "documents" as QueueName });
  const key = newApiKey(random);
  const secretHash = hashSecret(key.secret);
  await engine.apiKeys.put({ keyId: key.keyId, name: "e2e", secretHash, createdMs: clock.nowMs() });

  const schedulerPort = await freePort();
  const workerPort = await freePort();
  const gatewayPort = await freePort();
  const collector = await startCollector();
  const scheduler = await start("scheduler", "serving", {
    ...collector.settings,
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_SCHEDULER_PORT: String(schedulerPort),
    MILLRACE_WORKER_PORT: String(workerPort),
  });
  const gateway = await start("gateway", "serving", {
    ...collector.settings,
    MILLRACE_GATEWAY_PORT: String(gatewayPort),
    MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${schedulerPort}`,
    MILLRACE_DOCUMENTS_DIR: directory,
  });
  const worker = await start("worker", "started", {
    ...collector.settings,
    MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${workerPort}`,
    MILLRACE_DOCUMENTS_DIR: directory,
  });
  const apiKey = formatApiKey(key);
  const millrace = connectMillrace({ address: `127.0.0.1:${gatewayPort}`, apiKey });
  onTestFinished(() => millrace.close());
  const documents = await openDocumentStore({ directory, maxBytes: 1_000_000, clock, random });
  const metrics = [scheduler, gateway, worker].map((service) => service.metrics);
  return { millrace, documents, collector, metrics, keyId: key.keyId };
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

async function* bytes(content: string) {
  yield Buffer.from(content);
}

test("a document goes through gateway, scheduler and worker, and its summary streams back", async () => {
  const { millrace, documents, collector, metrics, keyId } = await setup();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const stored = await documents.put(keyId, { name: "whales.txt" }, bytes(text));
  if (stored.kind !== "stored") throw new Error(stored.kind);
  const { result } = await millrace.submit({
    queue: "documents",
    type: "summarize",
    documentIds: [stored.document.id],
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  });
  if (result.case !== "jobId") throw new Error(result.value?.message);
  let summary = "";
  let state: JobState | undefined;
  const offsets: bigint[] = [];
  for await (const { event } of millrace.watch(result.value)) {
    if (event.case === "job") state = event.value.state;
    if (event.case !== "chunks") continue;
    for (const chunk of event.value.chunks) {
      offsets.push(chunk.offset);
      if (chunk.content.case === "text") summary += chunk.content.value;
    }
  }
  expect(state).toBe(JobState.SUCCEEDED);
  expect(summary).toMatch(/[Ww]hale/);
  expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)));

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
