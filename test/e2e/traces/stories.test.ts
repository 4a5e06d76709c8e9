import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { attributeNames } from "@millrace/telemetry";
import { expect, onTestFinished, test } from "vitest";
import type { Span } from "./span-collector.ts";
import { startSpanCollector } from "./start-span-collector.ts";
import { openStage, type Stage, stories } from "./stories.ts";

async function setup() {
  const collector = await startSpanCollector();
  const stage = await openStage(collector.settings);
  onTestFinished(() => stage[Symbol.asyncDispose]());
  return { collector, stage };
}

const of = (spans: readonly Span[], name: string) =>
  spans.filter((span) => span.name === name).sort((a, b) => a.startMs - b.startMs);

/** The values of an attribute in the spans of a name, in order of their starts. */
const values = (spans: readonly Span[], name: string, attribute: string) =>
  of(spans, name).map(({ attributes }) => attributes[attribute]);

const outcomes = (spans: readonly Span[], name = "millrace.attempt") =>
  values(spans, name, attributeNames.attemptOutcome);

/** Whether a trace has a settlement that ended its job, and the attempt that belongs to it. */
const ended = (state: string) => (spans: readonly Span[]) => {
  const settled = of(spans, "millrace.settle").filter(
    ({ attributes }) => attributes[attributeNames.jobState] === state,
  );
  return settled.length > 0 && outcomes(spans).includes(outcomes(settled, "millrace.settle")[0]);
};

const holds = (span: Span | undefined) =>
  span?.events.map(({ name, attributes }) => [name, attributes[attributeNames.constraint]]);

const failures = (spans: readonly Span[]) =>
  spans.filter(({ failed }) => failed).map(({ name }) => name);

test("the traces of six fates tell what happened to the job, and only failures are errors", async () => {
  const { collector, stage } = await setup();
  const tell = async (name: string, state = "SUCCEEDED") => {
    const run = stories[name];
    if (run === undefined) throw new Error(`there is no story ${name}`);
    return collector.job(await run(stage), ended(state));
  };

  const succeeded = await tell("succeeded");
  expect(outcomes(succeeded)).toEqual(["completed"]);
  expect(failures(succeeded)).toEqual([]);
  checkModelCall(succeeded);
  checkMessaging(succeeded);
  checkCalls(succeeded);

  const retried = await tell("retried");
  expect(outcomes(retried)).toEqual(["retried", "completed"]);
  expect(outcomes(retried, "millrace.settle")).toEqual(["retried", "completed"]);
  expect(failures(retried).sort()).toEqual(["POST", "chat gpt-5-mini", "millrace.attempt"]);
  const [first, backoff, second] = [
    of(retried, "millrace.settle")[0],
    of(retried, "millrace.backoff")[0],
    of(retried, "millrace.queue_wait")[1],
  ];
  expect(backoff).toMatchObject({
    attributes: {
      [attributeNames.attemptOutcome]: "retried",
      [attributeNames.errorType]: "PROVIDER_ERROR",
    },
  });
  // The backoff fills the time between the settlement and the next wait in the lane.
  expect(Number(backoff?.startMs)).toBeGreaterThanOrEqual(Number(first?.startMs));
  expect(backoff?.endMs).toBe(second?.startMs);

  const bounced = await tell("bounced");
  expect(outcomes(bounced)).toEqual(["bounced", "completed"]);
  expect(failures(bounced).sort()).toEqual(["POST", "chat gpt-5-mini"]);
  expect(of(bounced, "POST")[0]?.attributes[attributeNames.httpStatus]).toBe(429);
  const [, coolDown] = of(bounced, "millrace.queue_wait");
  expect(holds(coolDown)).toContainEqual(["millrace.held", "PROVIDER_COOLDOWN"]);
  expect(coolDown?.attributes[attributeNames.heldBy]).toContain("PROVIDER_COOLDOWN");

  const held = await tell("held");
  const [wait] = of(held, "millrace.queue_wait");
  expect(holds(wait)).toContainEqual(["millrace.held", "KEY_CONCURRENCY"]);
  const hold = wait?.events.find(
    ({ attributes }) => attributes[attributeNames.constraint] === "KEY_CONCURRENCY",
  );
  const heldUntilMs = Number(hold?.atMs) + Number(hold?.attributes[attributeNames.heldMs]);
  expect(hold?.atMs).toBeGreaterThanOrEqual(Number(wait?.startMs));
  expect(heldUntilMs).toBeLessThanOrEqual(Number(wait?.endMs));

  const cancelled = await tell("cancelled", "CANCELLED");
  expect(outcomes(cancelled)).toEqual(["stopped"]);
  expect(failures(cancelled)).toEqual([]);

  const [worker] = values(cancelled, "millrace.attempt", attributeNames.workerId);
  const lost = await tell("lost");
  expect(outcomes(lost)).toEqual(["lost", "completed"]);
  expect(of(lost, "millrace.attempt")[0]).toMatchObject({
    failed: true,
    attributes: { [attributeNames.workerId]: worker, [attributeNames.errorType]: "STALLED" },
  });
  expect(failures(lost)).toEqual(["millrace.attempt"]);
  expect(holds(of(lost, "millrace.queue_wait")[1])).toEqual([["millrace.held", "NO_FREE_WORKER"]]);

  checkNames([succeeded, retried, bounced, held, cancelled, lost].flat());
}, 120_000);

/** The conventions for GenAI and, below it, for HTTP. */
function checkModelCall(spans: readonly Span[]): void {
  const [call] = of(spans, "chat gpt-5-mini");
  expect(call).toMatchObject({
    kind: "client",
    parentId: of(spans, "millrace.attempt")[0]?.spanId,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5-mini",
      "gen_ai.request.stream": true,
      "gen_ai.response.model": "gpt-5-mini-2026-08-07",
      "gen_ai.response.id": "chatcmpl-1",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 120,
      "gen_ai.usage.output_tokens": 40,
      "gen_ai.usage.cache_read.input_tokens": 96,
      "gen_ai.usage.reasoning.output_tokens": 24,
      "server.address": "127.0.0.1",
    },
  });
  const firstChunkMs = Number(call?.attributes["gen_ai.response.time_to_first_chunk"]) * 1_000;
  expect(firstChunkMs).toBeGreaterThan(0);
  expect(firstChunkMs).toBeLessThanOrEqual(Number(call?.endMs) - Number(call?.startMs) + 1);
  const [request] = of(spans, "POST");
  expect(request).toMatchObject({
    ...{ kind: "client", parentId: call?.spanId },
    attributes: {
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "server.port": call?.attributes["server.port"],
    },
  });
  expect(request?.attributes["url.full"]).toMatch(/\/v1\/chat\/completions$/);
}

/** The conventions for messaging: what was done to the job, and in which queue. */
function checkMessaging(spans: readonly Span[]): void {
  const [jobId] = values(spans, "millrace.attempt", attributeNames.jobId);
  for (const [name, type] of [
    ["millrace.queue_wait", "receive"],
    ["millrace.attempt", "process"],
    ["millrace.settle", "settle"],
  ] as const) {
    expect(of(spans, name)[0]?.attributes).toMatchObject({
      ...{ "messaging.system": "millrace", "messaging.operation.type": type },
      ...{ "messaging.destination.name": "documents", "messaging.message.id": jobId },
    });
  }
}

/** The conventions for HTTP and RPC: the caller's request is the root, and an internal call has a span on both sides. */
function checkCalls(spans: readonly Span[]): void {
  const root = spans.find(({ parentId }) => parentId === "");
  expect(root).toMatchObject({
    ...{ name: "POST /v1/jobs", kind: "server" },
    attributes: {
      ...{ "http.request.method": "POST", "http.route": "/v1/jobs", "url.path": "/v1/jobs" },
      ...{ "url.scheme": "http", "http.response.status_code": 202 },
      ...{ "messaging.operation.type": "send", "messaging.destination.name": "documents" },
      "messaging.batch.message_count": 1,
    },
  });
  const submits = of(spans, "millrace.scheduler.v1.SchedulerService/Submit");
  const [client, server] = ["client", "server"].map((kind) =>
    submits.find((span) => span.kind === kind),
  );
  expect(client).toMatchObject({
    parentId: root?.spanId,
    attributes: { "rpc.system.name": "grpc", "rpc.response.status_code": "OK" },
  });
  expect(client?.attributes["server.port"]).toBeTypeOf("number");
  expect(server).toMatchObject({ parentId: client?.spanId });
}

const SPAN_NAME =
  /^(millrace\.[a-z_]+|millrace(\.[a-z0-9]+)+\.[A-Z]\w+\/[A-Z]\w+|chat [\w.-]+|(GET|POST|PUT|DELETE)( \/v1\/\S+)?)$/;

/** Every name in the traces is documented, and every process says what it is. */
function checkNames(spans: readonly Span[]): void {
  const known: ReadonlySet<string> = new Set(Object.values(attributeNames));
  const used = spans.flatMap(({ attributes, events }) => [
    ...Object.keys(attributes),
    ...events.flatMap((event) => Object.keys(event.attributes)),
  ]);
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
  expect(spans.map(({ name }) => name).filter((name) => !SPAN_NAME.test(name))).toEqual([]);
  for (const { resource } of spans) {
    expect(resource).toMatchObject({
      "service.name": expect.stringMatching(/^(gateway|scheduler|worker)$/),
      ...{ "service.namespace": "millrace", "service.version": expect.stringMatching(/^\d+\./) },
    });
  }
}

test("jobs that ended while they waited, were refused, handed back or submitted together are in their traces", async () => {
  const { collector, stage } = await setup();
  const { admin, limitedKey: apiKey, millrace, system } = stage;
  const waitOf = (spans: readonly Span[]) =>
    of(spans, "millrace.queue_wait").find(
      ({ attributes }) => attributes[attributeNames.waitOutcome] !== "over",
    );
  const hasWait = (spans: readonly Span[]) => waitOf(spans) !== undefined;

  await endWhileHeld(stage, apiKey, async (cancelled, expired) => {
    const spans = await collector.job(cancelled, hasWait);
    expect(waitOf(spans)).toMatchObject({
      failed: false,
      attributes: { [attributeNames.waitOutcome]: "cancelled" },
    });
    expect(waitOf(await collector.job(expired, hasWait))).toMatchObject({
      failed: false,
      attributes: { [attributeNames.waitOutcome]: "expired" },
    });
  });

  await checkLinks(stage, collector);

  // Paused, and then resumed.
  await admin.pauseQueue({ name: "documents" });
  const paused = await stage.submit("succeeded");
  await admin.resumeQueue({ name: "documents" });
  const [pause] = of(await collector.job(paused, ended("SUCCEEDED")), "millrace.queue_wait");
  expect(pause?.attributes[attributeNames.heldBy]).toContain("QUEUE_PAUSED");

  // Refused: the queue takes no such type.
  await admin.putQueue({ queue: { name: "typed", types: ["chat"] } });
  const traceId = "9af92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  await stage.submit("succeeded", { queue: "typed", type: "unknown", traceparent });
  const [call] = of(
    await collector.trace(traceId, (found) => of(found, "POST /v1/jobs").length > 0),
    "POST /v1/jobs",
  );
  expect(call).toMatchObject({
    failed: false,
    attributes: { "http.response.status_code": 400, [attributeNames.refusedJobs]: 1 },
    events: [
      {
        name: "millrace.job_refused",
        attributes: {
          [attributeNames.reason]: "UNKNOWN_JOB_TYPE",
          [attributeNames.jobType]: "unknown",
        },
      },
    ],
  });

  // Handed back by a worker that drains.
  const called = stage.nextCall();
  const returned = await stage.submit("lost");
  await called;
  await system.workers[0]?.stop();
  const isHandedBack = (spans: readonly Span[]) =>
    outcomes(spans).includes("handed_back") && of(spans, "millrace.settle").length > 0;
  const spans = await collector.job(returned, isHandedBack);
  expect(of(spans, "millrace.settle")[0]?.attributes).toMatchObject({
    ...{ [attributeNames.attemptOutcome]: "handed_back", [attributeNames.jobState]: "QUEUED" },
    [attributeNames.reason]: expect.stringMatching(/./),
  });
  expect(failures(spans)).toEqual([]);
  await millrace.cancel(returned);
}, 120_000);

/** Runs one job of a key that may run one, and ends two that wait for it. */
async function endWhileHeld(
  { submit, nextCall, system }: Stage,
  apiKey: string,
  check: (cancelled: string, expired: string) => Promise<void>,
): Promise<void> {
  const called = nextCall();
  const running = await submit("hangs", { apiKey });
  await called;
  const expired = await submit("succeeded", { apiKey, expiresAtMs: Date.now() + 500 });
  const cancelled = await submit("succeeded", { apiKey });
  await cancelAs(system.httpUrl, apiKey, cancelled);
  await check(cancelled, expired);
  await cancelAs(system.httpUrl, apiKey, running);
}

const cancelAs = (httpUrl: string, apiKey: string, id: string) =>
  fetch(`${httpUrl}/v1/jobs/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${apiKey}` },
  });

/** Submits jobs of five traces in one call, and looks for the call from the gateway to the scheduler, on both sides. */
async function checkLinks(
  { system }: Stage,
  collector: Awaited<ReturnType<typeof startSpanCollector>>,
): Promise<void> {
  const ids = Array.from({ length: 5 }, (_, i) => `${i}cf92f3577b34da6a3ce929d0e0e4736`);
  const jobs = grpcClient(JobService, system.gatewayTarget(), { token: system.apiKey });
  onTestFinished(() => jobs.close());
  const payload = { case: "payloadJson" as const, value: "{}" };
  await jobs.rpc.submitJobs({
    jobs: ids.map((id) => ({
      ...{ queue: "documents", type: "chat", payload },
      traceparent: `00-${id}-00f067aa0ba902b7-01`,
    })),
  });
  const linked = (spans: readonly Span[]) =>
    spans.filter(({ links }) => ids.every((id) => links.includes(id)));
  const spans = await collector.all((found) => linked(found).length === 3);
  expect(
    linked(spans)
      .map(({ name, kind }) => `${kind} ${name}`)
      .sort(),
  ).toEqual([
    "client millrace.scheduler.v1.SchedulerService/Submit",
    "server millrace.jobs.v1.JobService/SubmitJobs",
    "server millrace.scheduler.v1.SchedulerService/Submit",
  ]);
}
