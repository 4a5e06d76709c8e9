/** Proves that every way to submit a job stores every field. */
import { create, type JsonObject, toJson } from "@bufbuild/protobuf";
import { durationMs, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { NewJob } from "@millrace/client";
import { type JobSpec, JobSpecSchema, JobState } from "@millrace/proto/job";
import { SubmitJobResponseSchema, SubmitJobsResponseSchema } from "@millrace/proto/job-service";
import { SubmitResponseSchema } from "@millrace/proto/scheduler-service";
import type { Callback } from "@millrace/proto/webhook-endpoint";
import {
  systemClock as clock,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { expect } from "vitest";
import { anyText, expectedJob, someList } from "./expected-job.ts";
import type { Expected } from "./ledger.ts";
import { filledSpec, proveSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

/** Two jobs that have all fields between them, with one member of each oneof in each. Neither may start. */
const pairOf = (choice: SpecChoice): JobSpec[] => [
  filledSpec({ ...choice, payload: "payload_json", deduplication: "throttle" }),
  filledSpec({ ...choice, payload: "payload_struct", deduplication: "debounce", needs: "model" }),
];
const textPairOf = (choice: SpecChoice): JobSpec[] => [
  filledSpec({ ...choice, deduplication: "throttle" }),
  filledSpec({ ...choice, deduplication: "debounce", needs: "model" }),
];

/** Submits by the gRPC ways: alone, in a group, in a stream, and from a gateway to a scheduler. */
export async function submitByGrpc(world: World, choice: SpecChoice): Promise<void> {
  const { jobs, scheduler, keyId } = world;
  for (const spec of pairOf(choice)) {
    const answer = await jobs.submitJob({ job: spec });
    const jobId = String(answer.job?.id);
    await proveSpec(world, "SubmitJob request", { spec, jobId, prefix: "job" });
    // Other code returns a new job than an existing one, so both are compared.
    world.ledger.compare("SubmitJob response", SubmitJobResponseSchema, answer, {
      job: newJob(jobId, spec),
    });
  }

  const specs = pairOf(choice);
  const refused = create(JobSpecSchema, { queue: "nowhere", type: choice.type });
  const [again] = specs;
  const { results } = await jobs.submitJobs({ jobs: [...specs, refused] });
  const ids = results.map(({ result }) => (result.case === "jobId" ? result.value : ""));
  for (const [index, spec] of specs.entries()) {
    const jobId = String(ids[index]);
    await proveSpec(world, "SubmitJobs request", { spec, jobId, prefix: "jobs" });
    expect(results[index]?.traceId).toBe(spec.traceparent.split("-")[1]);
  }
  const response = await jobs.submitJobs({ jobs: [again ?? refused, refused] });
  world.ledger.compare("SubmitJobs response", SubmitJobsResponseSchema, response, {
    results: [
      { jobId: ids[0], existing: true },
      { error: { code: 5, message: anyText, details: someList } },
    ],
  });

  world.ledger.prove("SubmitJobs response", "results.trace_id");

  const streamed = pairOf(choice);
  const stream = jobs.submitStream();
  await stream.write({
    jobs: streamed.map((job, index) => ({ sequence: BigInt(index + 7), job })),
  });
  stream.end();
  const answers = new Map<bigint, string>();
  for await (const answer of stream.responses) {
    for (const { sequence, result } of answer.results) {
      if (result?.result.case !== "jobId") continue;
      answers.set(sequence, result.result.value);
      expect(result.traceId).toBe(streamed[Number(sequence) - 7]?.traceparent.split("-")[1]);
    }
  }
  for (const [index, spec] of streamed.entries()) {
    const jobId = String(answers.get(BigInt(index + 7)));
    await proveSpec(world, "SubmitStream request", { spec, jobId, prefix: "jobs.job" });
  }
  world.ledger.prove("SubmitStream request", "jobs.sequence");
  world.ledger.prove("SubmitStream response", "results.sequence", "results.result.job_id");
  world.ledger.prove("SubmitStream response", "results.result.trace_id");

  const submitTime = timestampFromMs(clock.nowMs() - 5_000);
  for (const spec of pairOf(choice)) {
    const id = newJobId(choice.queue as QueueName, keyId as KeyId, clock.nowMs(), random);
    const answer = await scheduler.submit({ jobs: [{ id, spec, submitTime, returnJob: true }] });
    world.ledger.compare("Submit response", SubmitResponseSchema, answer, {
      results: [{ jobId: id }],
      // The gateway has the payload already.
      jobs: [{ ...newJob(id, spec), payloadJson: "" }],
    });
    await proveSpec(world, "Submit request", { spec, jobId: id, prefix: "jobs.spec" });
    expect((await world.stored(id)).submittedAtMs).toBe(
      Number(submitTime.seconds) * 1_000 + submitTime.nanos / 1e6,
    );
  }
  world.ledger.prove("Submit request", "jobs.id", "jobs.submit_time");
  await proveRefusals(world, choice);
}

/** The new job waits for its time, or for the end of its debounce. */
const newJob = (jobId: string, spec: JobSpec): Expected =>
  expectedJob(jobId, spec, {
    state: JobState.SCHEDULED,
    payloadJson:
      spec.payload.case === "payloadStruct"
        ? JSON.stringify(spec.payload.value)
        : spec.payload.value,
  });

/** Proves that a scheduler refuses an idempotency key that was used with other content. */
async function proveRefusals({ ledger, scheduler, keyId }: World, choice: SpecChoice) {
  const spec = filledSpec(choice);
  const submit = (job: JobSpec) => {
    const id = newJobId(choice.queue as QueueName, keyId as KeyId, clock.nowMs(), random);
    return scheduler.submit({ jobs: [{ id, spec: job }] });
  };
  await submit(spec);
  const silent = await submit(filledSpec(choice));
  expect(silent.jobs).toEqual([]);
  const refused = await submit({ ...spec, type: "another", payload: { case: undefined } });
  ledger.compare("Submit response", SubmitResponseSchema, refused, {
    results: [{ error: { code: 6, message: anyText, details: someList } }],
  });
}

/** Submits by the ways that do not use gRPC. */
export async function submitOtherwise(world: World, choice: SpecChoice): Promise<void> {
  for (const [index, spec] of pairOf(choice).entries()) {
    const { idempotencyKey, ...body } = toJson(JobSpecSchema, spec) as JsonObject;
    // The first job has its idempotency key in the body, the second in a header.
    const answer = await world.http("/v1/jobs", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(index === 0 ? {} : { "idempotency-key": String(idempotencyKey) }),
      },
      body: JSON.stringify(index === 0 ? { ...body, idempotencyKey } : body),
    });
    const { id } = (await answer.json()) as { id: string };
    await proveSpec(world, "HTTP POST /v1/jobs body", { spec, jobId: id, prefix: "" });
  }
  const batch = pairOf(choice);
  const answered = await world.http("/v1/jobs:batch", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jobs: batch.map((spec) => toJson(JobSpecSchema, spec)) }),
  });
  const { results } = (await answered.json()) as { results: { jobId: string }[] };
  for (const [index, spec] of batch.entries()) {
    const jobId = String(results[index]?.jobId);
    await proveSpec(world, "HTTP POST /v1/jobs:batch body", { spec, jobId, prefix: "" });
  }
  for (const spec of textPairOf(choice)) {
    const { jobId } = await world.millrace.submit(newJobOf(spec));
    await proveSpec(world, "client submit", { spec, jobId, prefix: "" });
  }
  const unsent = ["traceparent", "tracestate"];
  await Promise.all(
    textPairOf(choice).map(async (spec) => {
      const [printed] = (await Array.fromAsync(world.cliLines("submit", ...flagsOf(spec)))) as {
        jobId: string;
      }[];
      const jobId = String(printed?.jobId);
      await proveSpec(world, "millrace submit", { spec, jobId, prefix: "", unsent });
    }),
  );
}

/** Writes a job as a program does for the client. A finalizer has no start time and no deduplication. */
export function newJobOf(spec: JobSpec): NewJob {
  const { mode, key = "" } = spec.deduplication ?? {};
  const windowMs = mode?.value === undefined ? 0 : durationMs(mode.value);
  const { retry, runAt, expiresAt, deadline } = spec;
  if (!retry?.initialBackoff || !retry.maxBackoff || !expiresAt || !deadline) {
    throw new Error("the spec lacks a field that every filled job has");
  }
  const { queue, type, pool, model, documentIds, labels, estimatedTokens } = spec;
  const { idempotencyKey, traceparent, tracestate, priority = 0, callback } = spec;
  return {
    ...(model === "" ? { pool } : { model }),
    ...{ queue, type, documentIds, labels, estimatedTokens, idempotencyKey },
    ...{ traceparent, tracestate, priority },
    payload: JSON.parse(String(spec.payload.value)) as JsonObject,
    ...(runAt === undefined ? {} : { runAt: timestampDate(runAt) }),
    ...(spec.groupId === "" ? {} : { groupId: spec.groupId }),
    ...(callback === undefined ? {} : { callback: callbackFields(callback) }),
    expiresAt: timestampDate(expiresAt),
    deadline: timestampDate(deadline),
    retry: {
      maxAttempts: retry.maxAttempts,
      initialBackoffMs: durationMs(retry.initialBackoff),
      maxBackoffMs: durationMs(retry.maxBackoff),
    },
    ...(mode?.value === undefined
      ? {}
      : {
          deduplication:
            mode.case === "throttle"
              ? { key, throttleMs: windowMs }
              : { key, debounceMs: windowMs },
        }),
  };
}

export const callbackFields = ({ url, eventTypes, includeResult }: Callback) => ({
  ...{ url, eventTypes, includeResult },
});

/** The flags of the commands that give a job or group a callback. */
export const callbackFlags = ({ url = "", eventTypes = [] }: Partial<Callback>): string[] => [
  ...["--callback-url", url, "--callback-events", eventTypes.join(), "--callback-result"],
];

/** Writes a job as a person does for the command. */
function flagsOf(spec: JobSpec): string[] {
  const job = newJobOf(spec);
  const deduplication = job.deduplication as Record<string, unknown>;
  return [
    job.type,
    JSON.stringify(job.payload),
    ...["--queue", job.queue, "--priority", String(job.priority)],
    ...(job.model === undefined ? ["--pool", String(job.pool)] : ["--model", job.model]),
    ...(job.documentIds ?? []).flatMap((id) => ["--document-id", id]),
    ...["--estimated-tokens", String(job.estimatedTokens)],
    ...["--idempotency-key", String(job.idempotencyKey)],
    ...Object.entries(job.labels ?? {}).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...["--run-at", String(job.runAt?.toISOString())],
    ...["--expires-at", String(job.expiresAt?.toISOString())],
    ...["--deadline", String(job.deadline?.toISOString())],
    ...["--max-attempts", String(job.retry?.maxAttempts)],
    ...["--initial-backoff", `${job.retry?.initialBackoffMs}ms`],
    ...["--max-backoff", `${job.retry?.maxBackoffMs}ms`],
    ...["--group", String(job.groupId)],
    ...callbackFlags(spec.callback ?? {}),
    ...["--dedup-key", String(deduplication.key)],
    ...("throttleMs" in deduplication
      ? ["--throttle", `${deduplication.throttleMs}ms`]
      : ["--debounce", `${deduplication.debounceMs}ms`]),
  ];
}
