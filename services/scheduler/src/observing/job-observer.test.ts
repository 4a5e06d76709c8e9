import type { JobRecord, Lease, ReapedJob } from "@millrace/engine";
import { defaultBackoff, type GroupId, type JobId, parseJobId, queueOf } from "@millrace/shared";
import { createLogger, createMetrics, metricsPages } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { jobObserver, observerKnowledge } from "./job-observer.ts";

const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const type = "summarize";
const by = 'queue="documents",type="summarize"';

function setup() {
  const metrics = createMetrics("scheduler");
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger("scheduler", { level: "debug", destination: { write } });
  const shown = async (name: string) =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(name) && !line.includes("_bucket") && !line.endsWith(" 0"));
  const knowledge = observerKnowledge(metrics);
  return { observer: jobObserver(metrics, log, knowledge), knowledge, metrics, lines, shown };
}

const ref = { jobId, token: 1 };
const failure = { reason: "PROVIDER_ERROR", message: "500", retryable: true };
const job = { type, attempt: 1, startedAtMs: 1_000, traceparent };

test.each([
  ["completed", { ...ref, kind: "complete", resultJson: "1" }, "SUCCEEDED"],
  ["failed", { ...ref, kind: "fail", state: "FAILED", failure }, "FAILED"],
  ["expired", { ...ref, kind: "fail", state: "EXPIRED", failure }, "EXPIRED"],
  ["cancelled", { ...ref, kind: "release" }, "CANCELLED"],
  ["handed_back", { ...ref, kind: "release" }, "QUEUED"],
  ["bounced", { ...ref, kind: "bounce", delayMs: 0, failure }, "QUEUED"],
  ["retried", { ...ref, kind: "retry", delayMs: 9, failure }, "SCHEDULED"],
  ["retried", { ...ref, kind: "retry", delayMs: 0, failure }, "QUEUED"],
] as const)("a settled attempt counts as %s, and nothing else", async (name, settlement, state) => {
  const { observer, lines, shown } = setup();
  const usage = { inputTokens: 7, outputTokens: 2, providerCalls: 1 };
  observer.settled({ ...settlement, usage }, job, state, { startMs: 1_240, endMs: 1_250 });
  expect(await shown("millrace_jobs")).toEqual([`millrace_jobs_${name}_total{${by}} 1`]);
  observer.charged(settlement.jobId, job.type, 1_500_000);
  observer.charged(settlement.jobId, job.type, 1);
  expect(await shown("millrace_spend_dollars")).toEqual([
    `millrace_spend_dollars_total{${by}} 1.500001`,
  ]);
  expect(await shown("millrace_tokens")).toEqual([
    `millrace_tokens_total{${by},direction="input"} 7`,
    `millrace_tokens_total{${by},direction="output"} 2`,
  ]);
  expect(lines).toMatchObject([
    { level: "debug", msg: "settled", job_id: jobId, trace_id: traceId, state, duration_ms: 250 },
  ]);
  expect(lines[0]?.reason).toBe("failure" in settlement ? "PROVIDER_ERROR" : undefined);
});

test.each<[ReapedJob["outcome"], boolean, string[], string]>([
  ["requeued", true, ["stalled"], "QUEUED"],
  ["failed", true, ["failed", "stalled"], "FAILED"],
  ["cancelled", true, ["stalled", "cancelled"], "CANCELLED"],
  ["expired", true, ["stalled", "expired"], "EXPIRED"],
  ["expired", false, ["expired"], "EXPIRED"],
])(
  "counts a job that was reaped and %s (stalled: %s) as %j",
  async (outcome, stalled, names, state) => {
    const { observer, lines, shown } = setup();
    const lost = stalled ? { workerId: "w1", attempt: 2 } : {};
    observer.reaped({ jobId, type, traceparent, outcome, stalled, ...lost }, 1_250);
    expect(await shown("millrace_jobs")).toEqual(
      names.map((name) => `millrace_jobs_${name}_total{${by}} 1`),
    );
    expect(lines).toMatchObject([
      { level: stalled ? "warn" : "info", job_id: jobId, trace_id: traceId, state },
    ]);
    const { worker_id, attempt } = lines[0] ?? {};
    expect([worker_id, attempt]).toEqual(stalled ? ["w1", 2] : [undefined, undefined]);
  },
);

const record = { type, priority: 50, submittedAtMs: 1_000, backoff: defaultBackoff } as JobRecord;
const leaseOf = (change: Partial<Lease>, more: Partial<JobRecord> = {}): Lease => ({
  ...{ jobId, token: 1, attempt: 1, expiresAtMs: 0, nextSeq: 0, heldBy: [], holds: [] },
  job: { ...record, ...more },
  ...change,
});

test("counts the wait of each lease from when the job was due, by band", async () => {
  const { observer, shown } = setup();
  observer.leased(leaseOf({}), 3_000);
  observer.leased(leaseOf({}, { runAtMs: 2_500 }), 3_000);
  observer.leased(leaseOf({ attempt: 2, dueAgainMs: 9_000 }), 10_000);
  // The clocks of replicas differ a little.
  observer.leased(leaseOf({}), 900);
  observer.leased(leaseOf({}, { priority: 10 }), 2_000);
  observer.leased(leaseOf({}, { priority: 51 }), 2_000);
  const of = (band: string) => `queue="documents",band="${band}",limited="no"`;
  expect(await shown("millrace_job_wait_seconds")).toEqual([
    `millrace_job_wait_seconds_sum{${of("interactive")}} 1`,
    `millrace_job_wait_seconds_count{${of("interactive")}} 1`,
    `millrace_job_wait_seconds_sum{${of("standard")}} 3.5`,
    `millrace_job_wait_seconds_count{${of("standard")}} 4`,
    `millrace_job_wait_seconds_sum{${of("batch")}} 1`,
    `millrace_job_wait_seconds_count{${of("batch")}} 1`,
  ]);
  expect(await shown("millrace_jobs")).toEqual([`millrace_jobs_leased_total{${by}} 6`]);
});

test("a wait counts as limited if a limit of the job's key held it, or was seen to hold the jobs before it", async () => {
  const { observer, knowledge, shown } = setup();
  const counts = async () =>
    (await shown("millrace_job_wait_seconds_count")).map((line) => line.split("limited=")[1]);
  observer.leased(leaseOf({ heldBy: ["KEY_CONCURRENCY"] }), 2_000);
  observer.leased(leaseOf({ heldBy: ["PROVIDER_TOKENS"] }), 2_000);
  expect(await counts()).toEqual(['"no"} 1', '"yes"} 1']);
  const { queue, keyId } = parseJobId(jobId) ?? {};
  if (queue === undefined || keyId === undefined) throw new Error("no such job");
  knowledge.limitedKeys.seen(queue, [keyId], 50_000);
  observer.leased(leaseOf({}), 60_000);
  // It was submitted after its key was last seen to be limited.
  observer.leased(leaseOf({}, { submittedAtMs: 50_001 }), 60_000);
  expect(await counts()).toEqual(['"no"} 2', '"yes"} 2']);
});

test("the wait and the attempt of a sampled job name its trace", async () => {
  const { observer, metrics } = setup();
  observer.leased(leaseOf({}, { traceparent }), 3_000);
  observer.settled({ ...ref, kind: "complete", resultJson: "1" }, job, "SUCCEEDED", {
    ...{ startMs: 1_240, endMs: 1_250 },
  });
  const { body } = await metricsPages(metrics.registry)("application/openmetrics-text");
  const named = body.split("\n").filter((line) => line.includes(`trace_id="${traceId}"`));
  expect(named.map((line) => line.split("{")[0])).toEqual([
    "millrace_job_duration_seconds_bucket",
    "millrace_job_wait_seconds_bucket",
  ]);
});

test("counts types that nobody declared as other after 50, and declared types never", async () => {
  const { observer, knowledge, shown } = setup();
  const types = Array.from({ length: 300 }, (_, i) => `type-${i}`);
  for (const one of types) observer.submitted(jobId, one);
  const submitted = await shown("millrace_jobs_submitted_total");
  expect(submitted).toHaveLength(51);
  expect(submitted.at(-1)).toContain('type="other"} 250');
  knowledge.labels.declare(queueOf(jobId), types);
  for (const one of types) observer.submitted(jobId, one);
  expect(await shown("millrace_jobs_submitted_total")).toHaveLength(301);
});

test("every counter of a type exists at 0 once the type is declared or seen", async () => {
  const { observer, knowledge, metrics } = setup();
  const born = async () =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter(
        (line) => line.startsWith("millrace_jobs_") && line.includes(by) && line.endsWith(" 0"),
      );
  expect(await born()).toEqual([]);
  knowledge.labels.declare(queueOf(jobId), [type]);
  const all = Object.keys(metrics.jobCounters).length;
  expect(await born()).toHaveLength(all);
  observer.submitted(jobId, type);
  knowledge.labels.declare(queueOf(jobId), [type]);
  expect(await born()).toHaveLength(all - 1);
});

test("counts output by queue once it is stored", async () => {
  const { observer, shown } = setup();
  const chunks = [
    { seq: 0, kind: "text" as const, body: "é" },
    { seq: 1, kind: "data" as const, body: new Uint8Array(3) },
  ];
  observer.appended({ ...ref, chunks }, { kind: "appended", nextSeq: 2, nextOffset: 2 });
  observer.appended({ ...ref, chunks }, { kind: "leaseLost" });
  expect(await shown("millrace_output")).toEqual([
    'millrace_output_chunks_total{queue="documents"} 2',
    'millrace_output_bytes_total{queue="documents"} 5',
  ]);
});

test("counts jobs that ended with others, and groups that finished", async () => {
  const { observer, lines, shown } = setup();
  const id = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1C" as GroupId;
  observer.otherEnds(
    {
      jobs: [
        { jobId, type, traceparent, state: "CANCELLED" },
        { jobId, type, state: "FAILED" },
      ],
      groups: [{ id, state: "FAILED" }],
    },
    1_250,
  );
  expect(await shown("millrace_jobs")).toEqual([
    `millrace_jobs_failed_total{${by}} 1`,
    `millrace_jobs_cancelled_total{${by}} 1`,
  ]);
  expect(await shown("millrace_groups")).toEqual([
    'millrace_groups_finished_total{queue="documents",state="FAILED"} 1',
  ]);
  expect(lines).toMatchObject([
    { level: "info", job_id: jobId, trace_id: traceId, type, state: "CANCELLED" },
    { level: "info", job_id: jobId, type, state: "FAILED" },
  ]);
});
