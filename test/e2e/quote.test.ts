/** Quotes, in a whole system: the worked example of docs/quotes.md, and that each way to ask gives the same answer. */
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { type GrpcClient, grpcClient } from "@millrace/runtime";
import { systemClock as clock } from "@millrace/shared";
import { afterAll, beforeAll, expect, test } from "vitest";
import { completed, RawWorker } from "../faults/raw-worker.ts";
import { commandLine } from "../fields/command-line.ts";

const parts = new AsyncDisposableStack();
let system: Awaited<ReturnType<typeof startSystem>>;
let admin: GrpcClient<typeof AdminService>["rpc"];
let jobs: GrpcClient<typeof JobService>["rpc"];
let millrace: ReturnType<typeof connectMillrace>;
let run: (...args: readonly string[]) => Promise<unknown[]>;

const queue = "quoting";
/** 4,000 bytes of text, and an answer of at most 500 tokens. */
const payload = { messages: [{ role: "user", content: "sea ".repeat(1_000) }], maxTokens: 500 };
const job = { queue, type: "chat", model: "gpt-5", payload };
const example = {
  inputTokens: { low: 804, likely: 1_004, high: 1_604 },
  outputTokens: { low: 1, likely: 250, high: 500 },
  tokens: { low: 805, likely: 1_254, high: 2_104 },
  /** 804 × 1.25 + 1 × 10, 1,004 × 1.25 + 250 × 10, 1,604 × 1.25 + 500 × 10 micro-dollars. */
  costMicros: { low: 1_015, likely: 3_755, high: 7_005 },
};

beforeAll(async () => {
  system = parts.use(await startSystem({ workers: 0 }));
  const operators = String(system.schedulers[0]?.addresses.admin);
  const client = grpcClient(AdminService, operators);
  parts.defer(() => client.close());
  admin = client.rpc;
  const caller = grpcClient(JobService, system.gatewayTarget(), { token: system.apiKey });
  parts.defer(() => caller.close());
  jobs = caller.rpc;
  millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  parts.defer(() => millrace.close());
  const cli = commandLine({ apiKey: system.apiKey, gateway: system.gatewayTarget(), operators });
  run = (...args) => Array.fromAsync(cli(...args));
  await system.putQueue({ name: queue });
  const prices = ["--input-price", "1.25", "--cached-input-price", "0.125", "--output-price", "10"];
  await run("models", "put", "gpt-5", "--route", "acme/one=gpt-5-2025", ...prices);
}, 180_000);
afterAll(() => parts.disposeAsync());

const quoteByHttp = async (body: unknown) => {
  const response = await fetch(`${system.httpUrl}/v1/jobs:quote`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test("the worked example comes by gRPC, HTTP, the client and the command alike, and submits nothing", async () => {
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(queue, { pools: ["acme/one"], slots: 2, credit: 2 });
  const [first, second, third] = (await millrace.quote([job, job, job])).quotes;
  for (const quote of [first, second, third]) expect(quote).toMatchObject(example);
  expect(first).toMatchObject({ constraints: [], timeBasis: expect.stringContaining("free slot") });
  expect(first?.tokenBasis).toContain("the messages' text");
  expect(first?.end).toEqual({});
  expect(first?.start.high?.getTime()).toBe((first?.start.likely?.getTime() ?? 0) + 1_000);
  // Two slots are free, and nothing says how soon one is free again.
  expect(second?.start.likely).toBeDefined();
  expect(third?.start).toEqual({});

  const { sum } = await millrace.quote([job, { ...job, model: "gpt-5" }]);
  expect(sum).toMatchObject({ tokens: { likely: 2_508 }, costMicros: { likely: 7_510 } });
  const { quotes, sum: partly } = await jobs.quoteJobs({
    jobs: [
      { queue, type: "chat", model: "gpt-5", payload: { case: "payloadStruct", value: payload } },
      { queue, type: "other", estimatedTokens: 700 },
    ],
  });
  expect(quotes[0]?.costMicros).toMatchObject({ likely: 3_755n });
  expect(quotes[1]).toMatchObject({
    tokens: { likely: 700n },
    tokenBasis: "the job's estimated_tokens",
  });
  expect(quotes[1]?.costMicros).toBeUndefined();
  expect(partly).toMatchObject({ unpricedJobs: 1, costMicros: { likely: 3_755n } });

  const http = await quoteByHttp({ jobs: [job] });
  expect(http).toMatchObject({
    status: 200,
    body: { quotes: [{ costMicros: { low: "1015", likely: "3755", high: "7005" } }] },
  });
  const text = JSON.stringify(payload);
  const common = ["--queue", queue, "--model", "gpt-5", "--quote"];
  const [shown] = await run("submit", "chat", text, ...common);
  expect(shown).toMatchObject({ quotes: [example], sum: { unpricedJobs: 0 } });

  expect(
    (await admin.listQueues({})).queues.find(({ queue: one }) => one?.name === queue),
  ).toMatchObject({ stats: { queued: 0n, running: 0n } });
  worker.cut();
});

test("a quote says what would hold the job", async () => {
  const alone = "quoting-alone";
  await system.putQueue({ name: alone });
  const inAnHourMs = Math.ceil(clock.nowMs() / 1_000) * 1_000 + 3_600_000;
  const held = await millrace.quote([{ ...job, queue: alone, runAt: new Date(inAnHourMs) }]);
  expect(held.quotes[0]?.constraints).toMatchObject([
    { kind: "NO_WORKER", message: expect.stringContaining("start a worker") },
  ]);
  expect(held.quotes[0]?.start).toEqual({});
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(queue, { pools: ["acme/one"], slots: 2, credit: 2 });
  const [later] = (await millrace.quote([{ ...job, runAt: new Date(inAnHourMs) }])).quotes;
  expect(later?.start.likely).toEqual(new Date(inAnHourMs));
  worker.cut();
});

test("the caller's own jobs say how long answers are, and how long a job runs", async () => {
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(queue, { pools: ["acme/one"], slots: 9, credit: 9 });
  const usage = { inputTokens: 1_000n, outputTokens: 40n, providerCalls: 1 };
  for (let ran = 0; ran < 5; ran += 1) {
    const { jobId } = await millrace.submit(job);
    const { lease } = await worker.take();
    await worker.settle(lease, completed({}), usage);
    await millrace.wait(jobId);
  }
  const [quote] = (await millrace.quote([job])).quotes;
  expect(quote?.outputTokens).toEqual({ low: 40, likely: 40, high: 500 });
  expect(quote?.tokenBasis).toContain("5 jobs of this key");
  expect(quote?.end.likely).toBeDefined();
  worker.cut();
});

test("a summary counts its documents, their parts, and what it knows by size alone", async () => {
  const content = new TextEncoder().encode("The sea was calm. ".repeat(2_000));
  const { id } = await millrace.uploadDocument(content, { name: "sea.md" });
  const summary = { queue, type: "summarize", model: "gpt-5", documentIds: [id] };
  const [quote] = (await millrace.quote([summary])).quotes;
  // 36,000 bytes are about 9,000 tokens: three parts, whose summaries are read again.
  expect(quote?.inputTokens.likely).toBeGreaterThan(9_000 + 4 * 100);
  expect(quote?.tokenBasis).toContain("about 3 parts");
});

test("a document that is not read is estimated by its size, and named", async () => {
  const content = new TextEncoder().encode("%PDF-1.7\nno page");
  const { id } = await millrace.uploadDocument(content, { name: "odd.pdf" });
  const summary = { queue, type: "summarize", priority: 90, documentIds: [id] };
  const [quote] = (await millrace.quote([summary])).quotes;
  expect(quote?.estimatedDocumentIds).toEqual([id]);
});

test("a job is refused by its own quote if it may cost more than it may, and only then", async () => {
  const submit = (more: object) => millrace.submit({ ...job, ...more });
  const { high } = example.costMicros;
  expect((await submit({ maxCostMicros: high })).jobId).toContain(queue);
  await expect(submit({ maxCostMicros: high - 1 })).rejects.toMatchObject({
    reason: "COST_ABOVE_LIMIT",
    metadata: {
      ...{ max_cost_micros: "7004", cost_low_micros: expect.any(String) },
      ...{ cost_likely_micros: expect.any(String), cost_high_micros: "7005" },
    },
  });
  const unpriced = { model: undefined, maxCostMicros: 1_000_000 };
  await expect(submit(unpriced as never)).rejects.toMatchObject({ reason: "COST_NOT_KNOWN" });
  // Jobs of one call are refused independently of each other.
  const outcomes = await millrace.submitMany([
    { ...job, maxCostMicros: 1 },
    job,
    { ...job, model: "gpt-6", maxCostMicros: 1 },
    { ...job, maxCostMicros: high },
  ]);
  expect(outcomes.map((one) => (one.kind === "failed" ? one.error.reason : "accepted"))).toEqual([
    ...["COST_ABOVE_LIMIT", "accepted", "MODEL_NOT_FOUND", "accepted"],
  ]);
  const flags = ["--queue", queue, "--model", "gpt-5", "--max-cost", "0.007005"];
  expect(await run("submit", "chat", JSON.stringify(payload), ...flags)).toHaveLength(1);
});

test("a job that would probably be late is refused if it says so, with the quote's times", async () => {
  const late = "quoting-late";
  await system.putQueue({ name: late });
  const worker = new RawWorker(String(system.schedulers[0]?.addresses.workers));
  await worker.hello(late, { slots: 1, credit: 1 });
  const one = { queue: late, type: "other" };
  const runAt = new Date(clock.nowMs() + 3_600_000);
  // Nothing says how long such a job runs.
  await millrace.submit({ ...one, runAt, deadline: runAt, refuseLate: true });
  await millrace.submit(one);
  await worker.take();
  // The only slot is taken, at most one job a second was leased, and fifty jobs come first.
  await millrace.submitMany(Array.from({ length: 50 }, () => one));
  const deadline = new Date(clock.nowMs() + 10_000);
  await expect(millrace.submit({ ...one, deadline, refuseLate: true })).rejects.toMatchObject({
    reason: "DEADLINE_IMPOSSIBLE",
    metadata: { start_likely_time: expect.any(String), deadline: deadline.toISOString() },
  });
  await millrace.submit({ ...one, deadline });
  await millrace.submit({ ...one, deadline: runAt, refuseLate: true });
  await expect(millrace.submit({ ...one, refuseLate: true })).rejects.toMatchObject({
    reason: "MALFORMED",
    violations: [{ field: "refuse_late" }],
  });
  worker.cut();
});

test("a limit of cost is a header of OpenAI's API", async () => {
  const response = await fetch(`${system.httpUrl}/v1/chat/completions`, {
    method: "POST",
    headers: {
      ...{ authorization: `Bearer ${system.apiKey}`, "content-type": "application/json" },
      "x-millrace-max-cost": "0.000001",
    },
    body: JSON.stringify({ model: "gpt-5", messages: payload.messages }),
  });
  expect(response.status).toBe(409);
  expect(await response.text()).toContain("max_cost_micros");
});

test.each([
  [{ jobs: [] }, 400, "jobs"],
  [{}, 400, "jobs"],
  [{ jobs: Array(1_001).fill({ queue, type: "chat" }) }, 400, "jobs"],
  [{ jobs: [{ queue, type: "chat", payload: {}, payloadJson: "{}" }] }, 400, "jobs[0].payload"],
  [
    {
      jobs: [
        { queue, type: "chat" },
        { queue, type: "NO" },
      ],
    },
    400,
    "jobs[1].type",
  ],
  [{ jobs: [{ queue: "nowhere", type: "chat" }] }, 404, "jobs[0].queue"],
  [{ jobs: [{ queue, type: "chat", model: "gpt-6" }] }, 404, "jobs[0].model"],
  [{ jobs: [3] }, 400, ""],
  [{ jobs: 3 }, 400, ""],
])("refuses %j", async (body, status, field) => {
  const answer = await quoteByHttp(body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toContain(field);
});

test("takes jobs of 64 places, and no more", async () => {
  const places = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ queue, type: "other", pool: `pool-${index}` }));
  expect((await quoteByHttp({ jobs: places(64) })).status).toBe(200);
  const refused = await quoteByHttp({ jobs: places(65) });
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body)).toContain("at most 64");
});

test("a document that does not exist is not found", async () => {
  const answer = await quoteByHttp({
    jobs: [{ queue, type: "summarize", documentIds: ["doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"] }],
  });
  expect(answer.status).toBe(404);
});
