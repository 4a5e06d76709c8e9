/** The answers of every route, of a real gateway, are as the OpenAPI document describes them. */
import { createHash } from "node:crypto";
import { type LocalSystem, startSystem } from "@millrace/local";
import {
  systemClock as clock,
  newJobId,
  parseApiKey,
  systemRandom as random,
  WEBHOOK_QUEUE,
} from "@millrace/shared";
import { s3Settings, startS3Server } from "@millrace/testing";
import { NonRetryableError, startWorker } from "@millrace/worker-sdk";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../webhooks/receiver.ts";
import { type DescribedAnswer, describedCalls, type OpenApi } from "./described-calls.ts";

/** Only tests let webhooks go to this machine. */
const destinations = { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1" };

// Some calls are answered only where documents are in an object store.
const store = await startS3Server();
afterAll(() => store[Symbol.asyncDispose]());

let system: LocalSystem;
let document: OpenApi;
/** The operations that answered as described, with their outcome. */
const answered = new Set<string>();

beforeAll(async () => {
  const key = Buffer.alloc(32, "k").toString("base64");
  system = await startSystem({
    settings: {
      all: s3Settings(store, "documents"),
      gateway: { MILLRACE_KEY_CACHE_MS: "0" },
      scheduler: { ...destinations, MILLRACE_WEBHOOK_KEY: key },
      worker: { ...destinations, MILLRACE_QUEUES: WEBHOOK_QUEUE },
    },
  });
  document = (await (await fetch(`${system.httpUrl}/v1/openapi.json`)).json()) as OpenApi;
});
afterAll(() => system[Symbol.asyncDispose]());

let queues = 0;

/** A queue, a key, a worker whose jobs succeed or fail, and calls with this key. */
async function setup() {
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue });
  const apiKey = await system.createApiKey(queue);
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: queue, queues: [queue], slots: 8 },
    ...{ clock, random },
    executors: {
      succeed: async (context) => {
        await context.write("Call me Ishmael.");
        await context.progress(1, 2, "half");
        return { answer: 42 };
      },
      fail: async () => {
        throw new NonRetryableError("BROKEN", "it is broken", { details: { part: 7 } });
      },
    },
  });
  onTestFinished(() => worker.drain(0));
  const { call, seen } = describedCalls(document, system.httpUrl);
  onTestFinished(() => {
    for (const outcome of seen) answered.add(outcome);
  });
  const as =
    (credential: string) =>
    async (method: string, address: string, body?: object | string, more: object = {}) => {
      const type = typeof body === "object" ? { "content-type": "application/json" } : {};
      const headers = { authorization: `Bearer ${credential}`, ...type, ...more };
      const text = typeof body === "object" ? JSON.stringify(body) : body;
      return await call(method, address, {
        headers,
        ...(text === undefined ? {} : { body: text }),
      });
    };
  const keyId = parseApiKey(apiKey)?.keyId;
  if (keyId === undefined) throw new Error("the system returned no valid API key");
  return { queue, call: as(apiKey), as, noJob: newJobId(queue as never, keyId, 1, random) };
}

const statusOf = ({ status }: DescribedAnswer): number => status;
const member = ({ json }: DescribedAnswer, ...path: readonly string[]): string =>
  String(path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], json));

test("the document is valid OpenAPI 3.1, for a validator that is not ours", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document) as never)).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("the answers about jobs are described", async () => {
  const { call, as, queue, noJob } = await setup();
  const full = {
    ...{ queue, type: "succeed", payload: { a: [1, "ü"] }, labels: { team: "x" }, priority: 7 },
    ...{ retry: { maxAttempts: 2, initialBackoff: "1s" }, callback: null },
    deduplication: { key: "one", throttle: "60s" },
  };
  const done = await call("POST", "/v1/jobs", full, { prefer: "wait=30" });
  expect(statusOf(done)).toBe(200);
  const waiting = await call("POST", "/v1/jobs", { queue, type: "none", pool: "gpu" });
  expect(statusOf(waiting)).toBe(202);
  const failed = await call("POST", "/v1/jobs?wait=30", { queue, type: "fail" });
  expect(member(failed, "failure", "details", "part")).toBe("7");
  const id = member(waiting, "id");
  await call("GET", `/v1/jobs/${member(done, "id")}`);
  await call("GET", `/v1/jobs/${id}/explain`);
  await call("GET", `/v1/jobs?queue=${queue}&state=succeeded,failed&pageSize=1`);
  const { json } = await call("GET", `/v1/jobs/${member(done, "id")}/events`);
  const names = (json as { event: string }[]).map(({ event }) => event);
  expect(names).toEqual(expect.arrayContaining(["text", "progress", "job"]));
  const token = member(await call("POST", `/v1/jobs/${id}/token?right=cancel`), "token");
  await as("none")("GET", `/v1/jobs/${id}?token=${token}`);
  expect(statusOf(await as(token)("GET", `/v1/jobs?queue=${queue}`))).toBe(403);
  expect(statusOf(await as(token)("DELETE", `/v1/jobs/${id}?reason=done`))).toBe(200);
  expect(statusOf(await call("DELETE", `/v1/jobs/${member(done, "id")}`))).toBe(409);
  const batch = [{ queue, type: "succeed" }, { queue: "nowhere", type: "x" }, {}];
  expect(statusOf(await call("POST", "/v1/jobs:batch", { jobs: batch }))).toBe(200);

  expect(statusOf(await call("POST", "/v1/jobs", { queue, type: "x", priority: 101 }))).toBe(400);
  expect(statusOf(await call("POST", "/v1/jobs", "a=b", { "content-type": "text/plain" }))).toBe(
    415,
  );
  expect(statusOf(await call("POST", "/v1/jobs:batch", { jobs: [] }))).toBe(400);
  expect(statusOf(await call("GET", "/v1/jobs"))).toBe(400);
  for (const path of ["", "/explain", "/events"]) {
    expect(statusOf(await call("GET", `/v1/jobs/${noJob}${path}`))).toBe(404);
    expect(statusOf(await as("none")("GET", `/v1/jobs/${noJob}${path}`))).toBe(401);
  }
  expect(statusOf(await call("POST", `/v1/jobs/${noJob}/token`))).toBe(404);
});

test("the answers about groups are described", async () => {
  const { call, queue, noJob } = await setup();
  const made = await call("POST", "/v1/groups", {
    group: {
      queue,
      labels: { a: "b" },
      rule: { atLeastPercent: 50 },
      finalizer: { type: "succeed" },
    },
    jobs: [{ type: "succeed" }, { type: "fail" }, { type: "NO" }],
  });
  expect(statusOf(made)).toBe(202);
  const id = member(made, "group", "id");
  await call("POST", `/v1/groups/${id}:close`);
  await call("GET", `/v1/groups/${id}?wait=30`);
  await call("GET", `/v1/groups/${id}/children`);
  await call("GET", `/v1/groups?queue=${queue}`);
  await call("GET", `/v1/groups/${id}/events`);
  for (const [method, verb] of [
    ["DELETE", ""],
    ["POST", ":cancel"],
  ] as const) {
    const other = member(await call("POST", "/v1/groups", { group: { queue } }), "group", "id");
    expect(statusOf(await call(method, `/v1/groups/${other}${verb}`))).toBe(200);
    expect(statusOf(await call(method, `/v1/groups/${id}${verb}`))).toBe(409);
  }
  expect(statusOf(await call("POST", "/v1/groups", {}))).toBe(400);
  expect(statusOf(await call("POST", "/v1/groups", { group: { queue: "nowhere" } }))).toBe(404);
  expect(statusOf(await call("GET", "/v1/groups?queue=nowhere"))).toBe(404);
  expect(statusOf(await call("POST", `/v1/groups/${noJob}:close`))).toBe(404);
  for (const path of ["", "/children", "/events"]) {
    expect(statusOf(await call("GET", `/v1/groups/${noJob}${path}`))).toBe(404);
  }
});

test("the answers about schedules are described", async () => {
  const { call, queue } = await setup();
  const spec = {
    ...{ name: "nightly", cron: "30 2 * * *", timeZone: "Europe/Berlin", jitter: "5s" },
    job: { queue, type: "succeed", payload: { a: 1 } },
  };
  const made = await call("POST", "/v1/schedules", spec);
  expect(statusOf(made)).toBe(201);
  const address = `/v1/schedules/${member(made, "schedule", "id")}`;
  await call("PATCH", address, { cron: "0 3 * * *" });
  await call("POST", `${address}:pause?note=later`);
  await call("GET", address);
  await call("POST", `${address}:resume`);
  expect(statusOf(await call("POST", `${address}:run`))).toBe(202);
  await call("GET", `/v1/schedules?queue=${queue}`);
  expect(statusOf(await call("POST", "/v1/schedules", { ...spec, cron: "0 4 * * *" }))).toBe(409);
  expect(statusOf(await call("PATCH", address, { name: "other" }))).toBe(400);
  expect(statusOf(await call("DELETE", address))).toBe(200);
  for (const verb of [":pause", ":resume", ":run"]) {
    expect(statusOf(await call("POST", `${address}${verb}`))).toBe(404);
  }
  expect(statusOf(await call("DELETE", address))).toBe(404);
  expect(statusOf(await call("GET", address))).toBe(404);
  expect(statusOf(await call("GET", "/v1/schedules"))).toBe(400);
});

test("the answers about spend are described", async () => {
  const { call } = await setup();
  const today = new Date(clock.nowMs()).toISOString().slice(0, 10);
  const query = `firstDay=${today}&lastDay=${today}&groupBy=day,model&groupLabels=team&pageSize=1`;
  expect(statusOf(await call("GET", `/v1/spend?${query}`))).toBe(200);
  expect(statusOf(await call("GET", "/v1/spend?groupBy=hour"))).toBe(400);
});

test("the answers about quotes are described", async () => {
  const { call, queue } = await setup();
  const jobs = [{ queue, type: "echo" }];
  expect(statusOf(await call("POST", "/v1/jobs:quote", { jobs }))).toBe(200);
  expect(statusOf(await call("POST", "/v1/jobs:quote", { jobs: [] }))).toBe(400);
  const condition = { maxCostMicros: "1" };
  expect(statusOf(await call("POST", "/v1/jobs", { ...jobs[0], ...condition }))).toBe(409);
});

test("the answers about webhooks are described", async () => {
  const { call, queue, noJob } = await setup();
  const receiver = await startReceiver();
  const made = await call("POST", "/v1/webhook-endpoints", {
    ...{ url: receiver.url("/hook"), eventTypes: ["job.*"], name: "one" },
  });
  expect(statusOf(made)).toBe(201);
  const address = `/v1/webhook-endpoints/${member(made, "endpoint", "id")}`;
  await call("GET", "/v1/webhook-endpoints");
  await call("GET", address);
  await call("PATCH", address, { queues: { names: [queue] }, includeResult: true });
  await call("POST", `${address}:rotate`, { revokeFormer: true });
  const sent = await call("POST", `${address}:test`);
  await receiver.next(() => true);
  const delivery = `/v1/webhook-deliveries/${member(sent, "id")}`;
  await call("GET", delivery);
  await call("GET", "/v1/webhook-deliveries?state=delivered&pageSize=2");
  await call("GET", "/v1/callback-secret");
  await call("POST", "/v1/callback-secret:rotate");
  expect(statusOf(await call("POST", `${delivery}:redeliver`))).toBe(202);
  const since = new Date(clock.nowMs() - 60_000).toISOString();
  expect(statusOf(await call("POST", `${address}:redeliver`, { since }))).toBe(202);

  expect(statusOf(await call("POST", `${address}:redeliver`))).toBe(400);
  expect(statusOf(await call("POST", "/v1/webhook-endpoints", { url: "http://10.0.0.1" }))).toBe(
    400,
  );
  expect(statusOf(await call("POST", "/v1/callback-secret:rotate", { secret: "short" }))).toBe(400);
  expect(statusOf(await call("GET", "/v1/webhook-endpoints?all=1"))).toBe(400);
  expect(statusOf(await call("GET", "/v1/callback-secret?all=1"))).toBe(400);
  expect(statusOf(await call("GET", "/v1/webhook-deliveries?state=lost"))).toBe(400);
  expect(statusOf(await call("DELETE", address))).toBe(200);
  expect(statusOf(await call("GET", address))).toBe(404);
  expect(statusOf(await call("DELETE", `${address}0`))).toBe(400);
  expect(statusOf(await call("PATCH", address, { name: "two" }))).toBe(404);
  expect(statusOf(await call("POST", `${address}:rotate`))).toBe(404);
  expect(statusOf(await call("POST", `${address}:test`))).toBe(404);
  expect(statusOf(await call("GET", `/v1/webhook-deliveries/${noJob}`))).toBe(404);
  expect(statusOf(await call("POST", `/v1/webhook-deliveries/${noJob}:redeliver`))).toBe(404);
});

test("the answers about documents are described", async () => {
  const { call, queue } = await setup();
  const put = () =>
    call("PUT", "/v1/documents?name=moby.txt", "Call me Ishmael.", {
      "content-type": "text/plain",
    });
  const made = await put();
  expect([statusOf(made), statusOf(await put())]).toEqual([201, 200]);
  const address = `/v1/documents/${member(made, "id")}`;
  await call("GET", "/v1/documents?pageSize=1");
  await call("GET", address);
  expect((await call("GET", `${address}/content`)).json).toBe("Call me Ishmael.");
  const user = await call("POST", "/v1/jobs", {
    ...{ queue, type: "none", documentIds: [member(made, "id")] },
  });
  expect(statusOf(await call("DELETE", address))).toBe(409);
  await call("DELETE", `/v1/jobs/${member(user, "id")}`);
  expect(statusOf(await call("DELETE", address))).toBe(204);
  expect(statusOf(await call("GET", address))).toBe(404);
  expect(statusOf(await call("GET", `${address}/content`))).toBe(404);
  expect(statusOf(await call("GET", "/v1/documents?pageSize=501"))).toBe(400);
  expect(statusOf(await call("PUT", "/v1/documents", ""))).toBe(400);
  expect(
    statusOf(await call("PUT", "/v1/documents", "x", { "content-type": "application/pdf" })),
  ).toBe(415);
});

test("the answers about uploads and downloads past the gateway are described", async () => {
  const { call } = await setup();
  const content = "Call me Ahab.";
  const sha256 = createHash("sha256").update(content).digest("hex");
  const upload = { header: { name: "ahab.txt" }, size: content.length, sha256 };
  const begun = await call("POST", "/v1/uploads", upload);
  expect(statusOf(begun)).toBe(201);
  const address = `/v1/uploads/${member(begun, "uploadId")}`;
  expect(statusOf(await call("POST", `${address}:complete`))).toBe(409);
  const { url, headers } = begun.json as { url: string; headers: Record<string, string> };
  expect((await fetch(url, { method: "PUT", headers, body: content })).status).toBe(200);
  const made = await call("POST", `${address}:complete`);
  expect(statusOf(made)).toBe(201);
  const download = `/v1/documents/${member(made, "id")}:download`;
  const got = await call("POST", download);
  expect(statusOf(got)).toBe(201);
  expect(await (await fetch(member(got, "url"))).text()).toBe(content);
  expect(statusOf(await call("POST", "/v1/uploads", { size: 1, sha256: "none" }))).toBe(400);
  expect(statusOf(await call("DELETE", download.replace(":download", "")))).toBe(204);
  expect(statusOf(await call("POST", download))).toBe(404);
});

test("every operation has succeeded and failed as described", () => {
  const names = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  const missing = names
    .filter((name) => name !== "getOpenApi")
    .flatMap((name) => [`${name} succeeds`, `${name} fails`])
    .filter((outcome) => !answered.has(outcome));
  expect(missing).toEqual([]);
});
