import { type Engine, type FollowNews, openEngine } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import { ConstraintKind } from "@millrace/proto/job-service";
import { SchedulerService, type WatchResponse } from "@millrace/proto/scheduler-service";
import { grpcClient, serve } from "@millrace/runtime";
import {
  systemClock as clock,
  type KeyId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { redisForTests } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { jobObserver } from "../src/observing/job-observer.ts";
import { memoryPressure } from "../src/policy/memory-pressure.ts";
import { schedulerService } from "../src/service.ts";
import { JobTokens } from "../src/tokens/job-tokens.ts";
import { oneWorker } from "./no-workers.ts";
import { noWebhooks } from "./webhook-setup.ts";

/** It has no measurement, so it accepts all jobs. */
const roomy = memoryPressure({ shedPercent: 90, resumePercent: 80 });
const secret = Buffer.alloc(32, 7);
const queue = "documents" as QueueName;
const keyId = "aaaa" as KeyId;

/** `between` is placed between the service and the engine. */
async function setup(between: (engine: Engine) => Engine = (engine) => engine) {
  const { url, rootPrefix } = await redisForTests();
  const open = async () => {
    const opened = await openEngine({ redis: { url }, rootPrefix, clock, random });
    onTestFinished(() => opened.close());
    return opened;
  };
  const engine = await open();
  await engine.defineQueue({ name: queue });
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [
      schedulerService({
        ...{ engine: between(engine), observer: jobObserver(createMetrics("scheduler")), clock },
        ...{ pressure: roomy, jobTokens: new JobTokens(() => secret), workers: oneWorker(queue) },
        webhooks: noWebhooks(engine, clock),
      }),
    ],
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const client = grpcClient(SchedulerService, server.address);
  onTestFinished(() => client.close());
  const submitJob = async () => {
    const id = newJobId(queue, keyId, clock.nowMs(), random);
    await client.rpc.submit({ jobs: [{ id, spec: { queue, type: "summarize" } }] });
    return id;
  };
  const lease = async () => {
    const request = { queue, count: 1, leaseMs: 30_000, workerId: "w1" };
    const [leased] = (await engine.lease(request)).leases;
    if (leased === undefined) throw new Error("no job was next");
    return leased;
  };
  return { engine, another: open, rpc: client.rpc, submitJob, lease };
}

test("reads and lists a submitted job for its own key, and for no other", async () => {
  const { rpc, submitJob } = await setup();
  const id = await submitJob();
  const own = await rpc.getJobs({ keyId, jobIds: [id] });
  expect(own.jobs).toMatchObject([{ id, state: JobState.QUEUED }]);
  expect((await rpc.getJobs({ keyId: "bbbb", jobIds: [id] })).jobs).toEqual([]);
  const listed = async (key: string) => (await rpc.list({ keyId: key, filter: { queue } })).page;
  expect((await listed(keyId))?.jobs).toMatchObject([{ id }]);
  expect((await listed("bbbb"))?.jobs).toEqual([]);
});

test("narrows a list by state", async () => {
  const { rpc, submitJob } = await setup();
  const id = await submitJob();
  const listed = async (state: JobState) =>
    (await rpc.list({ keyId, filter: { queue, states: [state] } })).page?.jobs;
  expect(await listed(JobState.QUEUED)).toMatchObject([{ id }]);
  expect(await listed(JobState.RUNNING)).toEqual([]);
});

test("reports a finished job that is awaited, and names a missing one", async () => {
  const { engine, rpc, submitJob, lease } = await setup();
  const id = await submitJob();
  const nowhere = newJobId(queue, keyId, clock.nowMs(), random);
  const call = rpc.watchFinished();
  const responses = call.responses[Symbol.asyncIterator]();
  await call.write({
    $typeName: "millrace.scheduler.v1.WatchFinishedRequest",
    addJobIds: [id, nowhere],
    dropJobIds: [],
  });
  expect((await responses.next()).value).toMatchObject({ jobs: [], missingJobIds: [nowhere] });
  await engine.settle([{ ...(await lease()), kind: "complete", resultJson: "7" }]);
  expect((await responses.next()).value).toMatchObject({
    jobs: [{ id, state: JobState.SUCCEEDED, resultJson: "7" }],
  });
  call.end();
  expect((await responses.next()).done).toBe(true);
});

test("shows a watched job as it is, then its output, and last its final state", async () => {
  const { engine, rpc, submitJob, lease } = await setup();
  const jobId = await submitJob();
  const leased = await lease();
  await engine.append([{ ...leased, chunks: [{ seq: 0, kind: "text", body: "hello" }] }]);
  const seen: unknown[] = [];
  for await (const { event } of rpc.watch({ keyId, watch: { jobId } })) {
    const shown = event?.event;
    if (shown?.case === "job") seen.push(JobState[shown.value.state]);
    if (shown?.case !== "chunks") continue;
    for (const { content } of shown.value.chunks) {
      if (content.case === "text") seen.push(content.value);
    }
    await engine.settle([{ ...leased, kind: "complete", resultJson: "7" }]);
  }
  expect(seen).toEqual(["RUNNING", "hello", "SUCCEEDED"]);
});

test("shows a finished job after its output, and only then", async () => {
  const { engine, rpc, submitJob, lease } = await setup();
  const jobId = await submitJob();
  const leased = await lease();
  for (const seq of [0, 1, 2]) {
    // This is more than one read returns.
    const body = String(seq).repeat(60_000);
    await engine.append([{ ...leased, chunks: [{ seq, kind: "text", body }] }]);
  }
  await engine.settle([{ ...leased, kind: "complete", resultJson: "7" }]);
  const seen: unknown[] = [];
  for await (const word of shown(rpc.watch({ keyId, watch: { jobId } }))) seen.push(word[0]);
  expect(seen).toEqual(["0", "1", "2", "S"]);
});

test("refuses a watch of a running job whose output is gone, and sends a final state first if there is one", async () => {
  const lost = (engine: Engine): Engine => ({
    ...engine,
    readOutput: async () => ({ kind: "gone", oldestOffset: 1 }),
  });
  const { engine, rpc, submitJob, lease } = await setup(lost);
  const jobId = await submitJob();
  const leased = await lease();
  await engine.append([{ ...leased, chunks: [{ seq: 0, kind: "text", body: "hello" }] }]);
  const watched = async () => {
    const seen: unknown[] = [];
    const gone = { reason: "OUTPUT_GONE", metadata: { oldest_offset: "1" } };
    const words = shown(rpc.watch({ keyId, watch: { jobId } }));
    await expect(
      (async () => {
        for await (const word of words) seen.push(word);
      })(),
    ).rejects.toMatchObject(gone);
    return seen;
  };
  expect(await watched()).toEqual([]);
  await engine.settle([{ ...leased, kind: "complete", resultJson: "7" }]);
  expect(await watched()).toEqual(["SUCCEEDED"]);
});

/** Counts how often a job and its output are read. Signals pass only while `deaf` is false. */
function watched() {
  const reads = { jobs: 0, output: 0 };
  const signals = { deaf: false, listener: (_: FollowNews) => undefined as unknown };
  const between = (engine: Engine): Engine => ({
    ...engine,
    getJobs: (...args) => {
      reads.jobs += 1;
      return engine.getJobs(...args);
    },
    readOutput: (...args) => {
      reads.output += 1;
      return engine.readOutput(...args);
    },
    followOutput: (queueName, listener, jobId) => {
      signals.listener = listener;
      const heard = (news: FollowNews) => signals.deaf || listener(news);
      return engine.followOutput(queueName, heard, jobId);
    },
  });
  return { reads, signals, between };
}

/** The responses of a watch, one after the other. */
async function* shown(watch: AsyncIterable<WatchResponse>) {
  for await (const { event } of watch) {
    if (event?.event.case === "job") yield JobState[event.event.value.state];
    if (event?.event.case !== "chunks") continue;
    for (const { content } of event.event.value.chunks) {
      if (content.case === "text") yield content.value;
    }
  }
}

test("reads output once for each time that another scheduler has written some, and the job only when it changes", async () => {
  const { reads, between } = watched();
  const { engine, another, rpc, submitJob, lease } = await setup(between);
  const jobId = await submitJob();
  const leased = await lease();
  const words = shown(rpc.watch({ keyId, watch: { jobId } }));
  const next = async () => (await words.next()).value;
  expect(await next()).toBe("RUNNING");
  expect(reads).toEqual({ jobs: 1, output: 0 });
  const other = await another();
  for (const seq of [0, 1, 2]) {
    await other.append([{ ...leased, chunks: [{ seq, kind: "text", body: `chunk ${seq}` }] }]);
    expect(await next()).toBe(`chunk ${seq}`);
    expect(reads).toEqual({ jobs: 1, output: seq + 1 });
  }
  // What the scheduler has written itself is shown without a read.
  await engine.append([{ ...leased, chunks: [{ seq: 3, kind: "text", body: "its own" }] }]);
  expect(await next()).toBe("its own");
  await engine.settle([{ ...leased, kind: "complete", resultJson: "7" }]);
  expect(await next()).toBe("SUCCEEDED");
  expect((await words.next()).done).toBe(true);
  expect(reads).toEqual({ jobs: 2, output: 3 });
});

test("shows what was written while signals were lost once they are back", async () => {
  const { signals, between } = watched();
  const { engine, rpc, submitJob, lease } = await setup(between);
  const jobId = await submitJob();
  const leased = await lease();
  const words = shown(rpc.watch({ keyId, watch: { jobId } }));
  const next = async () => (await words.next()).value;
  expect(await next()).toBe("RUNNING");
  signals.deaf = true;
  await engine.append([{ ...leased, chunks: [{ seq: 0, kind: "text", body: "unheard" }] }]);
  await engine.settle([{ ...leased, kind: "complete", resultJson: "7" }]);
  signals.listener({ kind: "resync" });
  expect(await next()).toBe("unheard");
  expect(await next()).toBe("SUCCEEDED");
});

test("does not let another key's job be watched", async () => {
  const { rpc, submitJob } = await setup();
  const jobId = await submitJob();
  const responses = rpc.watch({ keyId: "bbbb", watch: { jobId } })[Symbol.asyncIterator]();
  await expect(responses.next()).rejects.toMatchObject({ reason: "JOB_NOT_FOUND" });
});

test("explains to a job's own key why it waits and when it may start, and to no other key", async () => {
  const { rpc, engine, submitJob, lease } = await setup();
  await submitJob();
  const jobId = await submitJob();
  await engine.keyBudgets.set(keyId, { maxRunning: 1 });
  await lease();
  const { explanation } = await rpc.explain({ keyId, explain: { jobId } });
  expect(explanation).toMatchObject({
    state: JobState.QUEUED,
    constraints: [
      {
        kind: ConstraintKind.KEY_CONCURRENCY,
        subject: keyId,
        message: expect.stringContaining("1 of 1 jobs of the job's API key are running"),
      },
    ],
    estimateBasis: expect.stringContaining("waits for other jobs"),
  });
  expect(explanation?.estimatedStartTime).toBeUndefined();
  await engine.keyBudgets.set(keyId, undefined);
  const free = await rpc.explain({ keyId, explain: { jobId } });
  expect(free.explanation?.estimatedStartTime).toBeDefined();
  await expect(rpc.explain({ keyId: "bbbb", explain: { jobId } })).rejects.toMatchObject({
    reason: "JOB_NOT_FOUND",
  });
});
