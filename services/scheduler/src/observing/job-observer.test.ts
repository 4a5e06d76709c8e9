import type { JobRecord, Lease, ReapedJob } from "@millrace/engine";
import { defaultBackoff, type GroupId, type JobId } from "@millrace/shared";
import { createLogger, createMetrics } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { jobObserver } from "./job-observer.ts";

const jobId = "documents~k7f3q2m9~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const type = "summarize";
const by = 'queue="documents",type="summarize"';

function setup() {
  const metrics = createMetrics();
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLogger("scheduler", { level: "debug", destination: { write } });
  const shown = async (name: string) =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(name) && !line.includes("_bucket") && !line.endsWith(" 0"));
  return { observer: jobObserver(metrics, log), lines, shown };
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
    observer.reaped({ jobId, type, traceparent, outcome, stalled }, 1_250);
    expect(await shown("millrace_jobs")).toEqual(
      names.map((name) => `millrace_jobs_${name}_total{${by}} 1`),
    );
    expect(lines).toMatchObject([
      { level: stalled ? "warn" : "info", job_id: jobId, trace_id: traceId, state },
    ]);
  },
);

test("counts the wait of each lease from when the job was due", async () => {
  const { observer, shown } = setup();
  const record = { type, submittedAtMs: 1_000, backoff: defaultBackoff } as JobRecord;
  const lease = (change: Partial<Lease>, more: Partial<JobRecord> = {}): Lease => ({
    ...{
      jobId,
      token: 1,
      attempt: 1,
      expiresAtMs: 0,
      nextSeq: 0,
      ...{ heldBy: [], holds: [] },
      job: { ...record, ...more },
    },
    ...change,
  });
  observer.leased(lease({}), 3_000);
  observer.leased(lease({}, { runAtMs: 2_500 }), 3_000);
  observer.leased(lease({ attempt: 2, dueAgainMs: 9_000 }), 10_000);
  // The clocks of replicas differ a little.
  observer.leased(lease({}), 900);
  expect(await shown("millrace_job_wait_seconds")).toEqual([
    `millrace_job_wait_seconds_sum{${by}} 3.5`,
    `millrace_job_wait_seconds_count{${by}} 4`,
  ]);
  expect(await shown("millrace_jobs")).toEqual([`millrace_jobs_leased_total{${by}} 4`]);
});

test("counts types that callers make up as other after a while", async () => {
  const { observer, shown } = setup();
  for (let i = 0; i < 300; i += 1) observer.submitted(jobId, `type-${i}`);
  const submitted = await shown("millrace_jobs_submitted_total");
  expect(submitted).toHaveLength(201);
  expect(submitted.at(-1)).toContain('type="other"} 100');
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
