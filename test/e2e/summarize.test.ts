import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
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
async function start(name: string, says: string, settings: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(services, name, "src/main.ts")], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  });
  const lines = createInterface(child.stdout);
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => line.includes(says) && resolve());
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
  await start("scheduler", "serving", {
    MILLRACE_REDIS_URL: redis.url,
    MILLRACE_SCHEDULER_PORT: String(schedulerPort),
    MILLRACE_WORKER_PORT: String(workerPort),
  });
  await start("gateway", "serving", {
    MILLRACE_GATEWAY_PORT: String(gatewayPort),
    MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${schedulerPort}`,
    MILLRACE_DOCUMENTS_DIR: directory,
  });
  await start("worker", "started", {
    MILLRACE_SCHEDULER_ADDRESS: `127.0.0.1:${workerPort}`,
    MILLRACE_DOCUMENTS_DIR: directory,
  });
  const apiKey = formatApiKey(key);
  const millrace = connectMillrace({ address: `127.0.0.1:${gatewayPort}`, apiKey });
  onTestFinished(() => millrace.close());
  const documents = await openDocumentStore({ directory, maxBytes: 1_000_000, clock, random });
  return { millrace, documents, keyId: key.keyId };
}

const text = Array.from(
  { length: 40 },
  (_, i) => `Whale number ${i} swam past the ship, and the captain wrote of it. The sea was calm.`,
).join("\n\n");

async function* bytes(content: string) {
  yield Buffer.from(content);
}

test("a document goes through gateway, scheduler and worker, and its summary streams back", async () => {
  const { millrace, documents, keyId } = await setup();
  const stored = await documents.put(keyId, { name: "whales.txt" }, bytes(text));
  if (stored.kind !== "stored") throw new Error(stored.kind);
  const { result } = await millrace.submit({
    queue: "documents",
    type: "summarize",
    documentIds: [stored.document.id],
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
});
