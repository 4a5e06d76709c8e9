/**
 * Tests that secrets do not leak. A system whose every secret is known does everything that it can do, with
 * success and with failure. Then everything that it wrote anywhere is searched for the secrets.
 */

import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { connectMillrace, type Millrace } from "@millrace/client";
import { startRedis, startService, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { SchedulerService } from "@millrace/proto/scheduler-service";
import { WorkerService } from "@millrace/proto/worker-service";
import { grpcClient } from "@millrace/runtime";
import { parseApiKey, systemClock } from "@millrace/shared";
import { answer, refuse, startProviderSimulator, testAuthority } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { sendBytes } from "../faults/raw-call.ts";

/** The secrets that operators give to services. */
const given = {
  redisPassword: "redis-password-5e1f",
  gatewayToken: "gateway-token-7c2a",
  workerToken: "worker-token-91bd",
  adminToken: "anna:admin-token-44f0",
  providerKey: "sk-provider-key-0a9b8c7d",
  webhookKey: Buffer.alloc(32, "webhook-key-3d").toString("base64"),
};
/** Wrong secrets that someone sends, and may have meant for another place. */
const mistaken = {
  redisPassword: "redis-password-of-yesterday",
  urlPassword: "password-in-a-bad-url",
  token: "token-of-another-system",
  keySecret: "b".repeat(32),
};

async function folderFor(name: string) {
  const folder = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Keeps everything that services export. */
async function startCollector() {
  let text = "";
  const server = createServer(async (incoming, response) => {
    text += Buffer.concat(await incoming.toArray()).toString("latin1");
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BSP_SCHEDULE_DELAY: "50",
  };
  return { settings, text: () => text };
}

async function setup() {
  const folder = await folderFor("secrets");
  const redisFolder = await folderFor("secrets-redis");
  const documents = await folderFor("secrets-documents");
  const authority = testAuthority();
  const { cert, key } = authority.issue("gateway");
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  const redis = await startRedis({
    ...{ directory: redisFolder, appendonly: true, appendfsync: "always" },
    // The append-only file is text, so that it can be searched.
    args: ["--requirepass", given.redisPassword, "--aof-use-rdb-preamble", "no"],
  });
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const redisUrl = `redis://:${given.redisPassword}@127.0.0.1:${redis.port}`;
  // Some providers repeat the key that they were sent, and this one does.
  const provider = await startProviderSimulator((call) =>
    call.messages.some(({ content }) => content.includes("refuse"))
      ? { ...refuse(401, "invalid_api_key"), message: `no such key: ${call.authorization}` }
      : answer("The sea ", "was calm."),
  );
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const collector = await startCollector();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const system = await startSystem({
    ...{ redis, documents, log },
    settings: {
      all: {
        ...{ ...collector.settings, MILLRACE_LOG_LEVEL: "debug" },
        MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1",
      },
      scheduler: {
        MILLRACE_REDIS_URL: redisUrl,
        MILLRACE_INTERNAL_TOKEN: given.gatewayToken,
        MILLRACE_WORKER_TOKEN: given.workerToken,
        MILLRACE_ADMIN_TOKEN: given.adminToken,
        MILLRACE_WEBHOOK_KEY: given.webhookKey,
      },
      gateway: {
        MILLRACE_INTERNAL_TOKEN: given.gatewayToken,
        MILLRACE_TLS_CERT_FILE: files.cert,
        MILLRACE_TLS_KEY_FILE: files.key,
        MILLRACE_SCHEDULER_DEADLINE_MS: "1000",
      },
      worker: {
        MILLRACE_WORKER_TOKEN: given.workerToken,
        MILLRACE_PROVIDER: "openai",
        MILLRACE_QUEUES: "documents,millrace-webhooks",
        OPENAI_BASE_URL: provider.url,
        OPENAI_API_KEY: given.providerKey,
      },
    },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const addresses = system.gateways[0]?.addresses ?? {};
  const ca = authority.ca;
  const connect = (apiKey: string) => {
    const millrace = connectMillrace({ address: String(addresses.address), apiKey, tls: { ca } });
    onTestFinished(() => millrace.close());
    return millrace;
  };
  /** Returns the answer's status, headers and body as text. */
  const http = async (method: string, path: string, token: string, body?: string) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const call = request(`https://${addresses.http}${path}`, { method, headers, ca, agent: false });
    call.end(body);
    const [response] = await once(call, "response");
    const { statusCode, headers: answerHeaders } = response;
    return `${statusCode} ${JSON.stringify(answerHeaders)} ${Buffer.concat(await response.toArray())}`;
  };
  return {
    ...{ system, redis, redisFolder, redisUrl, documents, collector, lines, log, connect, http },
    privateKey: key.toString().split("\n")[2] ?? "",
  };
}

const chat = (content: string) => ({
  queue: "documents",
  type: "chat",
  retry: { maxAttempts: 1 },
  payload: { messages: [{ role: "user", content }] },
});

/** Returns the failure of a call, as its caller may see and log it. */
const failureOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => {
      throw new Error("the call did not fail");
    },
    (error: Error) => `${error.message} ${JSON.stringify(error)}`,
  );

async function callerActs(millrace: Millrace, answers: string[]) {
  await millrace.run(chat("How was the sea?"));
  const { id } = await millrace.uploadDocument(Buffer.from("The sea was calm. ".repeat(200)));
  await Array.fromAsync(millrace.downloadDocument(id));
  const summary = { queue: "documents", type: "summarize", documentIds: [id] };
  await millrace.run(summary);
  const { jobId } = await millrace.submit(chat("refuse"));
  for await (const event of millrace.watch(jobId)) answers.push(JSON.stringify(event));
  answers.push(JSON.stringify(await millrace.explain(jobId)));
  const scheduled = await millrace.submit({
    ...chat("later"),
    runAt: new Date(systemClock.nowMs() + 3_600_000),
  });
  await millrace.cancel(scheduled.jobId).catch(() => undefined);
  answers.push(await failureOf(millrace.run(chat("refuse"))));
  for await (const job of millrace.list({ queue: "documents" })) answers.push(JSON.stringify(job));
}

/** A receiver that refuses the first request, and repeats what it was sent. Returns the secrets that signed. */
async function webhooksAct(millrace: Millrace, answers: string[]): Promise<readonly string[]> {
  let heard = 0;
  const server = createServer(async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray()).toString("utf8");
    response.writeHead(heard === 0 ? 500 : 200);
    heard += 1;
    response.end(`${JSON.stringify(incoming.headers)} ${body}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { endpoint, secret } = await millrace.webhooks.create({ url });
  const rotated = await millrace.webhooks.rotate(endpoint.id);
  const callback = await millrace.webhooks.callbackSecret();
  await millrace.run({ ...chat("And the sky?"), callback: { url } });
  // The endpoint, the callback, and one of them again.
  await vi.waitFor(() => expect(heard).toBeGreaterThanOrEqual(3), { timeout: 60_000 });
  answers.push(JSON.stringify(await millrace.webhooks.list()));
  for await (const delivery of millrace.webhooks.deliveries()) {
    answers.push(JSON.stringify(await millrace.webhooks.delivery(delivery.id)));
  }
  return [secret, rotated.secret, callback].map((one) => one.slice("whsec_".length));
}

async function strangersAct({ system, connect, http }: Awaited<ReturnType<typeof setup>>) {
  const answers: string[] = [];
  const keyId = parseApiKey(system.apiKey)?.keyId;
  const wrong = `mr_${keyId}_${mistaken.keySecret}`;
  answers.push(
    await failureOf(connect(wrong).getJob("documents~nobody00~01JDXW5T5Q6M3C9N2V8K4H7R1B")),
  );
  answers.push(await http("GET", "/v1/jobs?queue=documents", wrong));
  answers.push(await http("POST", "/v1/jobs", wrong, "{"));
  const [scheduler] = system.schedulers;
  const token = mistaken.token;
  const addressOf = (name: string) => String(scheduler?.addresses[name]);
  const gateway = grpcClient(SchedulerService, addressOf("address"), { token });
  answers.push(await failureOf(gateway.rpc.getJobs({})));
  const admin = grpcClient(AdminService, addressOf("admin"), { token });
  answers.push(await failureOf(admin.rpc.listApiKeys({})));
  for (const client of [gateway, admin]) client.close();
  const bytes = [Buffer.from("no message")];
  answers.push(
    String(await sendBytes(addressOf("workers"), WorkerService.method.work, bytes, token)),
  );
  answers.push(
    String(
      await sendBytes(addressOf("workers"), WorkerService.method.work, bytes, given.workerToken),
    ),
  );
  return answers;
}

async function operatorActs({ system }: Awaited<ReturnType<typeof setup>>) {
  const admin = grpcClient(AdminService, String(system.schedulers[0]?.addresses.admin), {
    token: given.adminToken,
  });
  const { key, apiKey } = await admin.rpc.createApiKey({ name: "made to be revoked" });
  const keyId = apiKey?.keyId ?? "";
  const rotated = await admin.rpc.rotateApiKey({ keyId });
  await admin.rpc.revokeApiKey({ keyId });
  await admin.rpc.putProviderAccount({ account: { name: "openai/gpt-5" } });
  const answers = [
    JSON.stringify(await admin.rpc.listApiKeys({}), (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    ),
    await failureOf(admin.rpc.putQueue({ queue: { name: "NOT A NAME" } })),
  ];
  const { changes } = await admin.rpc.listChanges({});
  answers.push(
    ...changes.map((change) => `${change}`),
    ...changes.map(({ action }) => String(action)),
  );
  admin.close();
  return {
    answers,
    secrets: [key, rotated.key].map((one) => String(parseApiKey(one)?.secret)),
  };
}

test("no secret is in a log, a trace, a metric, an answer, Redis or a document", async () => {
  const ready = await setup();
  const { system, redis, redisFolder, redisUrl, documents, collector, lines, log } = ready;
  const millrace = ready.connect(system.apiKey);
  const answers: string[] = [];
  await callerActs(millrace, answers);
  const [webhook, rotatedWebhook, callback] = await webhooksAct(millrace, answers);
  answers.push(...(await strangersAct(ready)));
  const operator = await operatorActs(ready);
  answers.push(...operator.answers);
  // A caller's own mistake, which only this caller is told about: a key in place of an id.
  await ready.http("GET", `/v1/jobs/${system.apiKey}`, system.apiKey);
  await ready.http("GET", `/v1/documents/${system.apiKey}`, system.apiKey);
  await ready.http("GET", `/${system.apiKey}?key=${system.apiKey}`, system.apiKey);
  const { id: jobId } = await millrace.run(chat("Which way?"));
  const { token: jobToken } = await millrace.createJobToken(jobId);
  await ready.http("GET", `/v1/jobs/${jobToken}`, system.apiKey);
  await ready.http("GET", `/v1/jobs/${jobId}?token=${jobToken}`, system.apiKey);
  await ready.http("GET", `/v1/webhook-endpoints/whsec_${webhook}`, system.apiKey);

  const metrics = await Promise.all(
    [...system.schedulers, ...system.gateways, ...system.workers].map(async (service) =>
      (await fetch(`http://${service.addresses.metrics}/metrics`)).text(),
    ),
  );
  await redis.kill();
  const jobs = grpcClient(JobService, String(system.gateways[0]?.addresses.address), {
    token: system.apiKey,
    credentials: credentials.createInsecure(),
  });
  await failureOf(jobs.rpc.listJobs({ queue: "documents" }, { deadlineMs: 2_000 }));
  jobs.close();
  answers.push(await ready.http("GET", "/v1/jobs?queue=documents", system.apiKey));
  await redis.restart();
  const badStarts = [
    redisUrl.replace(given.redisPassword, mistaken.redisPassword),
    `redis://:${mistaken.urlPassword}@127.0.0.1:no-port`,
  ].map((url) =>
    failureOf(
      startService("scheduler", {
        settings: {
          MILLRACE_REDIS_URL: url,
          MILLRACE_SCHEDULER_PORT: "0",
          MILLRACE_WORKER_PORT: "0",
          MILLRACE_ADMIN_PORT: "0",
          MILLRACE_ADMIN_HTTP_PORT: "0",
          MILLRACE_METRICS_PORT: "0",
        },
        log,
      }),
    ),
  );
  answers.push(...(await Promise.all(badStarts)));
  await millrace.run(chat("And then?"));
  await system.stop();
  await redis.stop();

  const filesIn = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const read = entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1"));
    return (await Promise.all(read)).join("\n");
  };
  const places = {
    logs: lines.join("\n"),
    traces: collector.text(),
    metrics: metrics.join("\n"),
    answers: answers.join("\n"),
    Redis: await filesIn(redisFolder),
    documents: await filesIn(documents),
  };
  // Each place has the expected content, so none is empty by mistake.
  expect(places.logs).toContain("call failed");
  expect(places.traces).toContain("JobService");
  expect(places.metrics).toContain("millrace_rpc_calls_total");
  expect(places.answers).toContain("The model provider refused");
  expect(places.Redis).toContain("made to be revoked");
  expect(places.answers).toContain("webhook-signature");
  expect(places.Redis).toContain("millrace-webhooks");
  expect(places.documents).toContain("The sea was calm");

  const secrets = {
    ...given,
    adminToken: given.adminToken.slice("anna:".length),
    ...Object.fromEntries(
      Object.entries(mistaken).map(([name, secret]) => [`mistaken ${name}`, secret]),
    ),
    privateKey: ready.privateKey,
    apiKey: String(parseApiKey(system.apiKey)?.secret),
    madeKey: String(operator.secrets[0]),
    rotatedKey: String(operator.secrets[1]),
    ...{ webhook: String(webhook), rotatedWebhook: String(rotatedWebhook) },
    ...{ callback: String(callback), jobToken: String(jobToken.split(".").at(-1)) },
  };
  const found = Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([name, secret]) => {
      expect(secret.length, name).toBeGreaterThan(12);
      const forms = [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")];
      const foundAt = forms.map((form) => text.indexOf(form)).find((index) => index >= 0);
      return foundAt === undefined
        ? []
        : [`${name} in ${place}: ${text.slice(foundAt - 200, foundAt + 60)}`];
    }),
  );
  expect(found).toEqual([]);
}, 120_000);
