import { connect as connectHttp2 } from "node:http2";
import { connectMillrace } from "@millrace/client";
import { methodPath } from "@millrace/grpc";
import { startSystem } from "@millrace/local";
import { GroupService } from "@millrace/proto/group-service";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { answer, refuse, startProviderSimulator } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Span } from "./span-collector.ts";
import { startSpanCollector } from "./start-span-collector.ts";

test("a job's trace has each attempt with its wait, its provider calls and its failure", async () => {
  const collector = await startSpanCollector();
  const provider = await startProviderSimulator(({ number }) =>
    number === 1 ? refuse(500, "server_error") : answer("By", " water."),
  );
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const system = await startSystem({
    settings: {
      all: collector.settings,
      worker: {
        MILLRACE_PROVIDER: "openai",
        OPENAI_API_KEY: "k",
        OPENAI_BASE_URL: provider.url,
      },
    },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());

  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const caller = "00f067aa0ba902b7";
  const { jobId } = await millrace.submit({
    queue: "documents",
    type: "chat",
    payload: { messages: [{ role: "user", content: "How does the mill turn?" }] },
    traceparent: `00-${traceId}-${caller}-01`,
  });
  for await (const event of millrace.watch(jobId)) {
    if (event.kind === "job" && event.job.state === "SUCCEEDED") break;
  }

  const spans = await collector.trace(traceId, (found) => found.length >= 11);
  const named = (name: string) =>
    spans
      .filter((span) => span.name === name)
      .sort(
        (a, b) =>
          Number(a.attributes["millrace.attempt"]) - Number(b.attributes["millrace.attempt"]),
      );
  const attempts = named("millrace.attempt");
  expect(attempts).toMatchObject([
    {
      ...{ parentId: caller, failed: true },
      attributes: {
        "millrace.job.id": jobId,
        "millrace.attempt": 1,
        "error.type": "PROVIDER_ERROR",
      },
    },
    { parentId: caller, failed: false, attributes: { "millrace.attempt": 2 } },
  ]);
  expect(named("millrace.queue_wait")).toMatchObject([
    { parentId: caller, failed: false, attributes: { "millrace.attempt": 1 } },
    { parentId: caller, failed: false, attributes: { "millrace.attempt": 2 } },
  ]);
  const calls = named("chat gpt-5-mini");
  const callOf = (attempt: number) =>
    calls.find(({ parentId }) => parentId === attempts[attempt - 1]?.spanId);
  expect(callOf(1)).toMatchObject({
    failed: true,
    attributes: { "millrace.provider.outcome": "server_error" },
  });
  expect(callOf(2)).toMatchObject({
    failed: false,
    attributes: { "millrace.provider.outcome": "answered", "gen_ai.usage.output_tokens": 2 },
  });
  expect(spans).toHaveLength(11);
});

test("the parts of a summary are in the trace of its job, below the attempt that handed them over", async () => {
  const collector = await startSpanCollector();
  const provider = await startProviderSimulator(() => answer("By water."));
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const system = await startSystem({
    workers: 2,
    settings: {
      all: collector.settings,
      worker: {
        MILLRACE_PROVIDER: "openai",
        OPENAI_API_KEY: "k",
        OPENAI_BASE_URL: provider.url,
      },
    },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  const text = "The mill turns all day, since the river is high. ".repeat(60);
  const { id } = await millrace.uploadDocument(Buffer.from(text), { name: "mill.txt" });
  const traceId = "8bf92f3577b34da6a3ce929d0e0e4736";
  const { jobId } = await millrace.submit({
    ...{ queue: "documents", type: "summarize", documentIds: [id], payload: { partTokens: 256 } },
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  });
  const { result } = await millrace.wait<{ parts: number }>(jobId);
  const parts = result?.parts;
  expect(parts).toBeGreaterThan(1);

  const ofParts = ({ name, attributes }: Span) =>
    name === "millrace.attempt" && attributes["millrace.job.type"] === "summarize-part";
  const spans = await collector.trace(traceId, (found) => found.filter(ofParts).length === parts);
  const ofJob = spans.filter(
    ({ name, attributes }) =>
      name === "millrace.attempt" && attributes["millrace.job.id"] === jobId,
  );
  const parents = new Set(spans.filter(ofParts).map(({ parentId }) => parentId));
  expect(ofJob.map(({ spanId }) => spanId)).toEqual(expect.arrayContaining([...parents]));
  expect(parents.size).toBe(1);
});

test("a call with a caller's error is in the caller's trace, and its span is not marked as failed", async () => {
  const collector = await startSpanCollector();
  const system = await startSystem({ workers: 0, settings: { all: collector.settings } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const jobs = grpcClient(JobService, system.gatewayTarget(), { token: system.apiKey });
  onTestFinished(() => jobs.close());
  const traceId = "5bf92f3577b34da6a3ce929d0e0e4736";
  const caller = "00f067aa0ba902b7";
  const jobId = "documents~zzzz~01JDXW5T5Q6M3C9N2V8K4H7R1B";
  const metadata = { traceparent: `00-${traceId}-${caller}-01` };
  await expect(jobs.rpc.getJob({ jobId }, { metadata })).rejects.toThrow();
  const ofGetJob = ({ name }: Span) => name === "millrace.jobs.v1.JobService/GetJob";
  const spans = await collector.trace(traceId, (found) => found.some(ofGetJob));
  expect(spans.find(ofGetJob)).toMatchObject({
    ...{ parentId: caller, failed: false },
    attributes: { "rpc.response.status_code": "NOT_FOUND", "millrace.job.id": jobId },
  });

  // gRPC gives these cases the codes of server errors: UNIMPLEMENTED for an encoding, INTERNAL for a flag.
  const session = connectHttp2(`http://${system.gateways[0]?.addresses.address}`);
  onTestFinished(() => session.destroy());
  const calls = [
    ["6bf92f3577b34da6a3ce929d0e0e4736", "gzip", "UNIMPLEMENTED"],
    ["7bf92f3577b34da6a3ce929d0e0e4736", "identity", "INTERNAL"],
  ] as const;
  for (const [id, encoding, code] of calls) {
    const stream = session.request({
      ...{ ":method": "POST", ":path": methodPath(JobService.method.getJob), te: "trailers" },
      ...{ "content-type": "application/grpc", authorization: `Bearer ${system.apiKey}` },
      ...{ traceparent: `00-${id}-${caller}-01`, "grpc-encoding": encoding },
    });
    // An empty message with the flag of a compressed one.
    stream.end(Buffer.from([1, 0, 0, 0, 0]));
    stream.resume();
    const found = await collector.trace(id, (spans) => spans.some(ofGetJob));
    expect(found.find(ofGetJob)).toMatchObject({
      ...{ parentId: caller, failed: false },
      attributes: { "rpc.response.status_code": code },
    });
  }
});

test("a finalizer is in the trace of the call that created its group, and a child in its own", async () => {
  const collector = await startSpanCollector();
  const system = await startSystem({ settings: { all: collector.settings } });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const groups = grpcClient(GroupService, system.gatewayTarget(), { token: system.apiKey });
  onTestFinished(() => groups.close());
  const caller = "00f067aa0ba902b7";
  const [traceId, childTrace] = [
    "8bf92f3577b34da6a3ce929d0e0e4736",
    "9bf92f3577b34da6a3ce929d0e0e4736",
  ];
  const payload = {
    case: "payloadJson" as const,
    value: JSON.stringify({ messages: [{ role: "user", content: "The sea was calm." }] }),
  };
  const child = { type: "chat", payload, traceparent: `00-${childTrace}-${caller}-01` };
  const { group } = await groups.rpc.createGroup(
    {
      group: { queue: "documents", finalizer: { type: "chat", payload } },
      ...{ jobs: [child], close: true },
    },
    { metadata: { traceparent: `00-${traceId}-${caller}-01` } },
  );
  const ofAttempt = ({ name }: Span) => name === "millrace.attempt";
  const ofCall = ({ name }: Span) => name === "millrace.jobs.v1.GroupService/CreateGroup";
  const spans = await collector.trace(
    traceId,
    (found) => found.some(ofAttempt) && found.some(ofCall),
  );
  const call = spans.find(ofCall);
  expect(call).toMatchObject({ parentId: caller, attributes: { "millrace.group.id": group?.id } });
  expect(spans.filter(ofAttempt)).toMatchObject([
    {
      parentId: call?.spanId,
      attributes: { "millrace.job.id": group?.finalizerJobId },
    },
  ]);
  const [attempt] = (await collector.trace(childTrace, (found) => found.some(ofAttempt))).filter(
    ofAttempt,
  );
  expect(attempt).toMatchObject({ parentId: caller });
});
