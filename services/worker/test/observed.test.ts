import { openAiProvider } from "@millrace/models";
import type { ModelProvider } from "@millrace/shared";
import { createLogger, createMetrics, metricNames } from "@millrace/telemetry";
import { ManualClock, refuse, startProviderSimulator } from "@millrace/testing";
import {
  attemptModels,
  type Executor,
  JobFailure,
  NonRetryableError,
  WaitingForChildren,
} from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { observeAttempts } from "../src/executors/observed.ts";
import { observeCalls } from "../src/models/observe-calls.ts";
import { attempt } from "./setup.ts";

function setup(executor: Executor) {
  const clock = new ManualClock();
  const metrics = createMetrics("worker");
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger("worker", { level: "debug", destination: { write } });
  const observed = observeAttempts({
    ...{ metrics, log, clock, slots: 4, serves: "jobs", workerId: "w1" },
  })(executor);
  const seen = async (name: string) =>
    (await metrics.registry.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));
  return { ...attempt({ secret: "payload" }), clock, lines, observed, seen };
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

test("logs an attempt's end with its job, trace, time and tokens, and never its payload", async () => {
  const { context, clock, lines, observed, seen, used } = setup(async (job) => {
    job.addUsage({ inputTokens: 7, outputTokens: 2, providerCalls: 1 });
    job.addUsage({ inputTokens: 3 });
    clock.advance(250);
    return "result";
  });
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  expect(await observed({ ...context, traceparent })).toBe("result");
  const who = { job_id: "j", trace_id: traceId, queue: "documents", type: "summarize", attempt: 1 };
  expect(lines).toMatchObject([
    { level: "debug", msg: "attempt started", ...who },
    {
      ...{ level: "info", msg: "attempt ended", ...who, outcome: "completed", duration_ms: 250 },
      ...{ input_tokens: 10, output_tokens: 2, provider_calls: 1 },
    },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/payload|result/);
  expect(used).toHaveLength(2);
  expect(await seen(metricNames.workerAttempts)).toEqual([
    'millrace_worker_attempts_total{queue="documents",type="summarize",outcome="completed"} 1',
  ]);
});

const provider = { account: "openai/m", httpStatus: 529, quotaExhausted: false };
const overloaded = new JobFailure("PROVIDER_OVERLOADED", "busy", true, { provider });

test.each([
  ["failed", "DOCUMENT_EMPTY", "empty", new NonRetryableError("DOCUMENT_EMPTY", "empty")],
  ["retryable", "PROVIDER_OVERLOADED", "busy", overloaded, 529],
  ["retryable", "EXECUTOR_FAILED", "a bug", new Error("a bug")],
  ["retryable", "EXECUTOR_FAILED", "x".repeat(500), new Error("x".repeat(501))],
] as const)(
  "logs an attempt that threw as %s, with the reason %s, what it threw and the provider's answer",
  async (outcome, reason, failureMessage, error, httpStatus = undefined) => {
    const { context, lines, observed, seen } = setup(() => Promise.reject(error));
    await expect(observed(context)).rejects.toBe(error);
    const level = reason === "EXECUTOR_FAILED" ? "error" : "info";
    expect(lines.at(-1)).toMatchObject({ level, outcome, reason, failure_message: failureMessage });
    expect(lines.at(-1)?.http_status).toBe(httpStatus);
    expect(lines.at(-1)?.error === undefined).toBe(level === "info");
    expect(await seen(metricNames.workerAttempts)).toEqual([
      `millrace_worker_attempts_total{queue="documents",type="summarize",outcome="${outcome}"} 1`,
    ]);
  },
);

test("reports an attempt that was told to stop as stopped, whatever it threw", async () => {
  const { context, lines, observed, stop } = setup(async () => {
    stop.abort(new Error("stop"));
    throw new Error("thrown on the way out");
  });
  await expect(observed(context)).rejects.toThrow();
  expect(lines.at(-1)).toMatchObject({ level: "info", outcome: "stopped" });
});

test("reports an attempt that waits for its children as waiting, and passes the signal on", async () => {
  const waiting = new WaitingForChildren(2);
  for (const end of [() => Promise.reject(new Error("cleaning up")), async () => "swallowed"]) {
    const { context, lines, observed, stop } = setup(() => {
      stop.abort(waiting);
      return end();
    });
    await expect(observed(context)).rejects.toBe(waiting);
    expect(lines.at(-1)).toMatchObject({ level: "info", outcome: "waiting" });
  }
});

test("shows used and free slots while attempts run", async () => {
  const inside = Promise.withResolvers<void>();
  const { context, observed, seen } = setup(() => inside.promise);
  const shown = async () =>
    (await seen(metricNames.workerSlots)).map((line) => Number(line.split(" ").at(-1)));
  expect(await shown()).toEqual([0, 4]);
  const running = [observed(context), observed(context)];
  expect(await shown()).toEqual([2, 2]);
  inside.resolve();
  await Promise.all(running);
  expect(await shown()).toEqual([0, 4]);
});

test.each([
  [refuse(429, "rate_limit_exceeded"), "429"],
  [refuse(529, "overloaded"), "529"],
  [refuse(429, "insufficient_quota"), "quota_exhausted"],
  [refuse(400, "bad_request"), "refused"],
  [refuse(500, "server_error"), "server_error"],
  [{ kind: "breakOff", pieces: [], how: "end" } as const, "unanswered"],
  [{ kind: "answer", pieces: ["The"], finishReason: "content_filter" } as const, "no_answer"],
])("times a provider's call by how it ended: %j", async (reply, outcome) => {
  const simulator = await startProviderSimulator(() => reply);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const clock = new ManualClock();
  const { url: baseUrl } = simulator;
  const provider = openAiProvider({
    baseUrl,
    apiKey: () => "k",
    model: "m",
    silenceMs: 1_000,
    callMs: 9_000,
    clock,
  });
  const metrics = createMetrics("worker");
  const source = { provider: () => provider };
  const models = attemptModels(source, { clock, observe: observeCalls(metrics, []) });
  const request = { messages: [{ role: "user" as const, content: "hi" }], maxTokens: 9 };
  const { context, used } = attempt({});
  await expect(models(context).complete(request)).rejects.toThrow();
  const labels = `provider="openai",model="m",account="openai/m",outcome="${outcome}"`;
  const text = await metrics.registry.metrics();
  expect(text).toContain(`millrace_provider_call_duration_seconds_count{${labels}} 1`);
  expect(used).toHaveLength(1);
});

test("counts calls of served accounts from 0, and measures the first text and the speed of an answer", async () => {
  const clock = new ManualClock();
  const usage = { inputTokens: 40, outputTokens: 30, providerCalls: 1, model: "m" };
  const provider: ModelProvider = {
    ...{ name: "openai", model: "m", account: "" },
    embed: () => expect.unreachable(),
    relay: () => expect.unreachable(),
    complete: () => ({
      text: (async function* () {
        clock.advance(2_000);
        yield "The ";
        clock.advance(500);
        yield "end";
      })(),
      ...{ finishReason: () => "stop" as const, usage: () => usage, facts: () => ({}) },
    }),
  };
  const metrics = createMetrics("worker");
  const known = ["", "openai/m"].map((account) => ({ provider: "openai", model: "m", account }));
  const source = { provider: () => provider };
  const models = attemptModels(source, { clock, observe: observeCalls(metrics, known) });
  const shown = async (end: string) =>
    (await metrics.registry.metrics()).split("\n").filter((line) => line.endsWith(end));
  const of = 'provider="openai",model="m",account="openai/m"';
  const refusals = await shown(" 0");
  expect(refusals).toContain(
    `millrace_provider_call_duration_seconds_count{${of},outcome="quota_exhausted"} 0`,
  );
  expect(refusals).toContain(
    'millrace_provider_call_duration_seconds_count{provider="openai",model="m",account="",outcome="429"} 0',
  );
  const messages = [{ role: "user" as const, content: "hi" }];
  await models(attempt({}).context).complete({ messages, maxTokens: 9 });
  const text = await metrics.registry.metrics();
  expect(text).toContain(
    `millrace_provider_call_duration_seconds_count{${of},outcome="answered"} 1`,
  );
  expect(text).toContain(`millrace_provider_first_token_seconds_sum{${of}} 2`);
  // 30 tokens in the half second from the first text to the end.
  expect(text).toContain(`millrace_provider_tokens_per_second_sum{${of}} 60`);
  expect(text).toContain(`millrace_provider_tokens_total{${of},direction="input"} 40`);
  expect(text).toContain(`millrace_provider_tokens_total{${of},direction="output"} 30`);
});
