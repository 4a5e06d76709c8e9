/** Proves every way to follow a job to its end, to cancel it, and to be told of its end. */
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  CancelJobResponseSchema as AdminCancelJobResponseSchema,
  WatchJobResponseSchema as AdminWatchJobResponseSchema,
} from "@millrace/proto/admin-job";
import { JobSchema, JobState } from "@millrace/proto/job";
import {
  CancelJobResponseSchema,
  OutputChunksSchema,
  SubmitStreamResponseSchema,
  type WatchJobResponse,
  WatchJobResponseSchema,
} from "@millrace/proto/job-service";
import {
  CancelResponseSchema,
  WatchFinishedResponseSchema,
  WatchResponseSchema,
} from "@millrace/proto/scheduler-service";
import { expect } from "vitest";
import { lately } from "./expected-job.ts";
import { jobOfClient, jobOfHttp } from "./job-ways.ts";
import type { Expected } from "./ledger.ts";
import type { Life, LivingJob } from "./life.ts";
import { Watched, watchersOf } from "./watchers.ts";
import type { World } from "./world.ts";

const reason = "nobody needs it any more";
const cancelled = (job: LivingJob): LivingJob => ({
  ...job,
  expected: {
    ...job.expected,
    state: JobState.CANCELLED,
    failure: { reason: "CANCELLED", message: reason, retryable: false },
    finishTime: lately,
    runAt: undefined,
  },
});

/** Follows all jobs, cancels the jobs that have not ended, and returns all jobs as they ended. */
export async function watchAndCancel(
  world: World,
  life: Life,
  whileItStops: (job: LivingJob) => Promise<void>,
): Promise<LivingJob[]> {
  const { later, retried, succeeded, failed, redriven, again, running } = life;
  const over = [succeeded, failed, redriven];
  const alive = [later, retried, again, running];
  const watches = Object.entries(watchersOf(world)).flatMap(([way, watch]) =>
    [...over, ...alive].map((job) => ({ way, job, seen: new Watched(watch(job.id)) })),
  );
  await Promise.all(watches.map(({ seen }) => seen.begun()));

  const stillRuns = { ...running, expected: { ...running.expected, cancelRequested: true } };
  const cancelling = [...[later, retried, again].map(cancelled), stillRuns];
  await cancelEach(world, cancelling);
  await whileItStops(stillRuns);
  const waiting = world.jobs.getJob({ jobId: running.id, wait: durationFromMs(30_000) });
  const waitingByHttp = world.http(`/v1/jobs/${running.id}?wait=30`);
  life.worker.release();
  expect((await waiting).job?.state).toBe(JobState.CANCELLED);
  world.ledger.prove("GetJob request", "wait");
  expect(await (await waitingByHttp).json()).toMatchObject({ state: "JOB_STATE_CANCELLED" });
  world.ledger.prove("HTTP GET /v1/jobs/{id} query", "job_id", "wait");
  await Promise.all(watches.map(({ seen }) => seen.ended));

  const stopped = cancelled({ ...running, expected: { ...running.expected, ...life.stopped } });
  const ended = [...over, ...[later, retried, again].map(cancelled), stopped];
  for (const { way, job, seen } of watches) {
    const end = ended.find(({ id }) => id === job.id) ?? job;
    compareWatched(world, way, seen, [job, ...(job === running ? [stillRuns] : []), end]);
  }
  return ended;
}

/** Compares the states and output that a watcher saw with what is expected. */
function compareWatched(
  { ledger }: World,
  way: string,
  seen: Watched,
  states: readonly LivingJob[],
): void {
  const compare = (event: WatchJobResponse["event"], expected: Expected) => {
    const came = create(WatchJobResponseSchema, { event });
    if (way === "AdminService.WatchJob response") {
      const shown = create(AdminWatchJobResponseSchema, { event: came });
      ledger.compare(way, AdminWatchJobResponseSchema, shown, { event: expected });
    } else if (way !== "Watch response") {
      ledger.compare(way, WatchJobResponseSchema, came, expected);
    } else {
      const inner = create(WatchResponseSchema, { event: came });
      ledger.compare(way, WatchResponseSchema, inner, { event: expected });
    }
  };
  const expected = [...new Map(states.map((job) => [job.expected, job.expected])).keys()];
  expect.soft(seen.jobs.length, `${way}: ${states[0]?.id}`).toBe(expected.length);
  for (const [index, value] of seen.jobs.entries()) {
    compare({ case: "job", value }, { job: expected[index] ?? {} });
  }
  const chunks = outputOf(String(states[0]?.id), Number(states[0]?.expected.outputOffset));
  const value = create(OutputChunksSchema, { chunks: seen.chunks });
  if (seen.chunks.length > 0) compare({ case: "chunks", value }, { chunks: { chunks } });
}

/**
 * Returns the expected output of a job. A worker that was lost wrote some bytes first. Each attempt of the other
 * worker wrote a text and a progress.
 */
function outputOf(id: string, count: number): Expected[] {
  const wasLost = count > 3;
  const text = [
    { text: `text of ${id}` },
    { progress: { done: 2, total: 5, message: `part of ${id}` } },
  ];
  const all = wasLost
    ? [{ data: new Uint8Array([1, 2, 250]) }, { reset: {} }, ...text, { reset: {} }, ...text]
    : text;
  return all.slice(0, count).map((content, offset) => ({
    offset: BigInt(offset),
    attempt: wasLost && offset > 0 ? 2 : 1,
    time: lately,
    ...content,
  }));
}

async function cancelEach(world: World, all: readonly LivingJob[]): Promise<void> {
  const { ledger, jobs, http, millrace, scheduler, keyId } = world;
  for (const { id, expected } of all) {
    const answer = await jobs.cancelJob({ jobId: id, reason });
    ledger.compare("CancelJob response", CancelJobResponseSchema, answer, { job: expected });
    const inner = await scheduler.cancel({ keyId, cancel: { jobId: id } });
    ledger.compare("Cancel response", CancelResponseSchema, inner, { job: expected });
    const byOperator = await world.admin.cancelJob({ jobId: id });
    ledger.compare("AdminService.CancelJob response", AdminCancelJobResponseSchema, byOperator, {
      job: expected,
    });
    const byHttp = await (await http(`/v1/jobs/${id}`, { method: "DELETE" })).json();
    ledger.compare("HTTP DELETE /v1/jobs/{id}", JobSchema, jobOfHttp(byHttp), expected);
    const byClient = jobOfClient(await millrace.cancel(id));
    ledger.compare("client cancel", JobSchema, byClient, expected);
    for await (const line of world.cliLines("cancel", id)) {
      ledger.compare("millrace cancel", JobSchema, jobOfClient(line as object), expected);
    }
  }
  ledger.prove("CancelJob request", "job_id", "reason");
}

/** Proves that callers and gateways that wait for the end of jobs get each job with all its fields. */
export async function tellEnds(world: World, ended: readonly LivingJob[], unknown: string) {
  const { ledger, jobs, millrace, scheduler } = world;
  const ids = ended.map(({ id }) => id);
  const endOf = (id: string) => ended.find((one) => one.id === id)?.expected ?? { id: "unknown" };

  const stream = jobs.submitStream();
  await stream.write({ notifyJobIds: [...ids, unknown] });
  stream.end();
  for await (const answer of stream.responses) {
    ledger.compare("SubmitStream response", SubmitStreamResponseSchema, answer, {
      finished: answer.finished.map(({ id }) => endOf(id)),
      goneJobIds: answer.goneJobIds.map(() => unknown),
    });
  }
  ledger.prove("SubmitStream request", "notify_job_ids");

  const waiting = scheduler.watchFinished();
  await waiting.write({ addJobIds: [...ids, unknown] });
  waiting.end();
  for await (const answer of waiting.responses) {
    ledger.compare("WatchFinished response", WatchFinishedResponseSchema, answer, {
      jobs: answer.jobs.map(({ id }) => endOf(id)),
      missingJobIds: answer.missingJobIds.map(() => unknown),
    });
  }
  ledger.prove("WatchFinished request", "add_job_ids");

  for (const { id, expected } of ended) {
    ledger.compare("client wait", JobSchema, jobOfClient(await millrace.wait(id)), expected);
  }
}
