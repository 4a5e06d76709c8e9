/** Proves that every way to read a job shows every field. */
import { create, fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  GetJobResponseSchema as AdminGetJobResponseSchema,
  ListJobsResponseSchema as AdminListJobsResponseSchema,
} from "@millrace/proto/admin-job";
import { type Job, JobSchema, JobSpecSchema, JobState } from "@millrace/proto/job";
import {
  GetJobResponseSchema,
  ListJobsResponseSchema,
  SubmitJobResponseSchema,
} from "@millrace/proto/job-service";
import {
  GetJobsResponseSchema,
  ListResponseSchema,
  SubmitResponseSchema,
} from "@millrace/proto/scheduler-service";
import { systemClock as clock, newJobId, systemRandom as random } from "@millrace/shared";
import { expect } from "vitest";
import type { LivingJob } from "./life.ts";
import type { World } from "./world.ts";

/** Converts a job of the client, or of the command's JSON, to the contract's message. An unknown member throws. */
export function jobOfClient(job: object): Job {
  const plain = JSON.parse(JSON.stringify(job)) as JsonObject;
  const { payload, result, failure, state, ...same } = plain;
  return fromJson(JobSchema, {
    ...same,
    state: `JOB_STATE_${state}`,
    ...(payload === undefined ? {} : { payloadJson: JSON.stringify(payload) }),
    ...(result === undefined ? {} : { resultJson: JSON.stringify(result) }),
    ...(failure === undefined ? {} : { failure: failureWith(failure) }),
  });
}

/** Returns a failure whose details are JSON themselves in the contract's form, where they are a text. */
export function failureWith(failure: JsonValue): JsonObject {
  const { details, ...same } = failure as JsonObject;
  return { ...same, ...(details === undefined ? {} : { detailsJson: JSON.stringify(details) }) };
}

/** Converts a job of an HTTP answer, in which payload and result are JSON themselves. */
export function jobOfHttp(json: unknown): Job {
  const { payload, result, failure, ...same } = json as JsonObject;
  return fromJson(JobSchema, {
    ...same,
    ...(failure === undefined ? {} : { failure: failureWith(failure) }),
    ...(payload === undefined ? {} : { payloadJson: JSON.stringify(payload) }),
    ...(result === undefined ? {} : { resultJson: JSON.stringify(result) }),
  });
}

/** Reads one job at a time by each way. */
export async function readEach(world: World, all: readonly LivingJob[]): Promise<void> {
  const { ledger, jobs, millrace, http } = world;
  for (const { id, expected } of all) {
    const got = await jobs.getJob({ jobId: id });
    ledger.compare("GetJob response", GetJobResponseSchema, got, { job: expected });
    const job = jobOfHttp(await (await http(`/v1/jobs/${id}`)).json());
    ledger.compare("HTTP GET /v1/jobs/{id}", JobSchema, job, expected);
    const byOperator = await world.admin.getJob({ jobId: id });
    ledger.compare("AdminService.GetJob response", AdminGetJobResponseSchema, byOperator, {
      job: expected,
    });
    ledger.compare("client getJob", JobSchema, jobOfClient(await millrace.getJob(id)), expected);
  }
  ledger.prove("GetJob request", "job_id");
  ledger.prove("AdminService.GetJob request", "job_id");
  await Promise.all(
    all.map(async ({ id, expected }) => {
      const [job] = await Array.fromAsync(world.cliLines("get", id));
      ledger.compare("millrace get", JobSchema, jobOfClient(job as object), expected);
      const [operators] = await Array.fromAsync(world.cliLines("jobs", "get", id));
      ledger.compare("millrace jobs get", JobSchema, jobOfClient(operators as object), expected);
    }),
  );
}

/** Proves that submitting a job again returns the current job. */
export async function submitAgain(world: World, all: readonly LivingJob[]): Promise<void> {
  const { ledger, jobs, scheduler } = world;
  for (const { spec, expected, id } of all) {
    const answer = await world.http("/v1/jobs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(toJson(JobSpecSchema, spec)),
    });
    const { existing, ...posted } = (await answer.json()) as JsonObject;
    expect(existing).toBe(true);
    const byHttp = jobOfHttp(posted);
    ledger.compare("HTTP POST /v1/jobs answer", JobSchema, byHttp, expected);
    const again = await jobs.submitJob({ job: spec });
    ledger.compare("SubmitJob response", SubmitJobResponseSchema, again, {
      job: expected,
      existing: true,
    });
    const newId = newJobId(spec.queue as never, world.keyId as never, clock.nowMs(), random);
    const submitted = await scheduler.submit({ jobs: [{ id: newId, spec, returnJob: true }] });
    ledger.compare("Submit response", SubmitResponseSchema, submitted, {
      results: [{ jobId: id, existing: true }],
      jobs: [expected],
    });
  }
  ledger.prove("Submit request", "jobs.return_job");
}

const byId = (all: readonly LivingJob[], jobs: readonly { readonly id: string }[]) =>
  jobs.map(({ id }) => all.find((one) => one.id === id)?.expected ?? { id: "no other job" });

/** Reads a list by each way: all jobs of a queue, or only those in one state. */
export async function readList(
  world: World,
  queue: string,
  all: readonly LivingJob[],
  only: { readonly states?: "RUNNING" } = {},
) {
  const { ledger, jobs, millrace, scheduler, keyId } = world;
  const states = only.states === undefined ? [] : [JobState[only.states]];
  const page = await jobs.listJobs({ queue, states });
  ledger.compare("ListJobs response", ListJobsResponseSchema, page, { jobs: byId(all, page.jobs) });
  const byOperator = await world.admin.listJobs({ filter: { queue, keyId, states } });
  ledger.compare("AdminService.ListJobs response", AdminListJobsResponseSchema, byOperator, {
    jobs: byId(all, byOperator.jobs),
  });
  const inner = await scheduler.list({ keyId, filter: { queue, states } });
  ledger.compare("List response", ListResponseSchema, inner, {
    page: { jobs: byId(all, inner.page?.jobs ?? []) },
  });
  const answer = (await (
    await world.http(
      `/v1/jobs?queue=${queue}${only.states === undefined ? "" : `&state=${only.states}`}`,
    )
  ).json()) as { jobs: [] };
  const byHttp = create(ListJobsResponseSchema, { jobs: answer.jobs.map(jobOfHttp) });
  const listed = { jobs: byId(all, byHttp.jobs) };
  ledger.compare("HTTP GET /v1/jobs", ListJobsResponseSchema, byHttp, listed);
  for await (const job of millrace.list({
    queue,
    ...(only.states === undefined ? {} : { states: [only.states] }),
  })) {
    const [expected] = byId(all, [job]);
    ledger.compare("client list", JobSchema, jobOfClient(job), expected ?? {});
  }
  const flags = only.states === undefined ? [] : ["--state", only.states];
  for await (const line of world.cliLines("list", "--queue", queue, ...flags)) {
    const job = jobOfClient(line as object);
    ledger.compare("millrace list", JobSchema, job, byId(all, [job])[0] ?? {});
  }
  for await (const line of world.cliLines("jobs", "list", "--queue", queue, ...flags)) {
    const job = jobOfClient(line as object);
    ledger.compare("millrace jobs list", JobSchema, job, byId(all, [job])[0] ?? {});
  }
  const jobIds = all.map(({ id }) => id);
  const got = await scheduler.getJobs({ keyId, jobIds });
  ledger.compare("GetJobs response", GetJobsResponseSchema, got, { jobs: byId(all, got.jobs) });
  const bare = await scheduler.getJobs({ keyId, jobIds, withoutPayload: true });
  expect(bare.jobs.map(({ payloadJson }) => payloadJson)).toEqual(jobIds.map(() => ""));
  expect((await scheduler.getJobs({ keyId: "nobody00", jobIds })).jobs).toEqual([]);
  ledger.prove("GetJobs request", "key_id", "job_ids", "without_payload");
}
