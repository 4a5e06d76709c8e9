/**
 * Jobs in the states that together set every field of a job, and the worker that brings them there. One job waits
 * for its time. One lost its worker, was refused by its provider and failed. One runs and will be cancelled. One
 * succeeded, and one was redriven and failed again.
 */
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Job, JobSpec } from "@millrace/proto/job";
import { JobState } from "@millrace/proto/job";
import {
  systemClock as clock,
  type JobId,
  queueOf,
  systemRandom as random,
} from "@millrace/shared";
import {
  type AttemptContext,
  JobFailure,
  NonRetryableError,
  startWorker,
  type UsageDelta,
} from "@millrace/worker-sdk";
import { onTestFinished } from "vitest";
import { RawWorker } from "../faults/raw-worker.ts";
import { collectLetters } from "./dead-letters.ts";
import { about, expectedJob, lately } from "./expected-job.ts";
import type { Expected } from "./ledger.ts";
import { filledSpec, PROVIDER_MODEL, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

export interface LivingJob {
  readonly id: string;
  readonly spec: JobSpec;
  /** What the job's caller must see. */
  readonly expected: Expected;
}

const RETRY_AFTER_MS = 9 * 3_600_000;
const DEADLINE_MS = 5 * 3_600_000;
const COOL_MS = 45_000;
const first: UsageDelta = {
  ...{ inputTokens: 101, outputTokens: 203, providerCalls: 3, computeMs: 41 },
  ...{ cachedInputTokens: 53, reasoningTokens: 61, model: "model-1" },
};
const second: UsageDelta = {
  ...{ inputTokens: 13, outputTokens: 17, providerCalls: 1, computeMs: 19 },
  ...{ cachedInputTokens: 5, reasoningTokens: 7, model: "model-2" },
};
const usageOf = (...spent: readonly UsageDelta[]) => {
  const sum = (name: Exclude<keyof UsageDelta, "model">) =>
    spent.reduce((all, one) => all + (one[name] ?? 0), 0);
  return {
    inputTokens: BigInt(sum("inputTokens")),
    outputTokens: BigInt(sum("outputTokens")),
    providerCalls: sum("providerCalls"),
    computeMs: BigInt(sum("computeMs")),
    cachedInputTokens: BigInt(sum("cachedInputTokens")),
    reasoningTokens: BigInt(sum("reasoningTokens")),
    model: spent.at(-1)?.model ?? "",
  };
};
export const result = { answer: "forty-two", parts: [4, 2] };
/** What the executor knows of each failure. */
const details = { kind: "mechanical", parts: [7, 11] };
const detailsJson = JSON.stringify(details);
export const flaky = { reason: "FLAKY", message: "it came apart", retryable: true, detailsJson };
export const hopeless = {
  ...{ reason: "HOPELESS", message: "it cannot be done", retryable: false, detailsJson },
};

/** Another attempt could succeed, but not before the job's deadline. */
const last = { reason: "LAST", message: "it failed once more", retryable: true, detailsJson };
const stalled = { reason: "STALLED", message: "lost its worker", retryable: true };

export type Life = Awaited<ReturnType<typeof startLife>>;

export type Lost = Awaited<ReturnType<typeof loseWorker>>;

/** Submits two jobs whose first worker is lost with both of them. After the lease's time they are queued again. */
export async function loseWorker(world: World, choice: SpecChoice) {
  const [retried, failed] = [filledSpec(runnable(choice)), filledSpec(runnable(choice))];
  failed.deadline = timestampFromMs(clock.nowMs() + DEADLINE_MS);
  const submit = async (spec: JobSpec) =>
    String((await world.jobs.submitJob({ job: spec })).job?.id);
  const ids = { retried: await submit(retried), failed: await submit(failed) };
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { pools: [choice.pool], types: [choice.type], credit: 2 });
  const assignments = [await worker.take(), await worker.take()];
  const data = { case: "data" as const, value: new Uint8Array([1, 2, 250]) };
  const attempts = assignments.map(({ lease }) => ({ lease, chunks: [{ content: data }] }));
  await worker.send({ case: "output", value: { attempts } });
  await worker.heard.until(({ case: kind }) => kind === "outputAcks");
  worker.cut();
  return { ids, retried, failed, assignments };
}

const runnable = (choice: SpecChoice) => ({ ...choice, skip: ["run_at", "deduplication"] });

/** Starts all jobs. Resolves when each one is in its state. Running jobs continue until `release`. */
export async function startLife(world: World, choice: SpecChoice, lost: Lost) {
  const { jobs, admin } = world;
  const { ids, retried, failed } = lost;
  const submit = async (spec: JobSpec) => String((await jobs.submitJob({ job: spec })).job?.id);
  // Only the state is compared. If another field is lost on the way, a comparison reports it, and this wait still
  // ends.
  const isQueued = ({ state }: Job) => state === JobState.QUEUED;
  for (const id of [ids.retried, ids.failed]) await world.jobOnceIt(id, isQueued);

  // The account may have cooled down in the tests before, and would let one job at a time probe it.
  await admin.resetProviderAccount({ name: choice.pool });
  const worker = startFieldsWorker(world, choice, ids);
  for (const id of [ids.retried, ids.failed]) {
    await worker.started(id);
    await world.jobOnceIt(id, isQueued);
  }
  const workers = (await admin.listWorkers({})).workers;
  const connected = workers.find(({ workerId }) => workerId === "sdk-worker");
  await admin.resetProviderAccount({ name: choice.pool });
  await world.jobOnceIt(ids.retried, ({ state }) => state === JobState.SCHEDULED);
  const failedAtMs = clock.nowMs();
  await world.jobOnceIt(ids.failed, ({ state }) => state === JobState.FAILED);

  const succeeded = filledSpec({ ...runnable(choice), needs: "model" });
  const waited = await jobs.submitJob({ job: succeeded, wait: durationFromMs(30_000) });
  const done = String(waited.job?.id);
  if (waited.job?.state === JobState.SUCCEEDED) world.ledger.prove("SubmitJob request", "wait");

  const letterOfFailed = await collectLetters(world, choice.queue, ids.failed);
  const redriven = await redrive(world, ids.failed);
  await world.jobOnceIt(redriven, ({ state }) => state === JobState.FAILED);

  const later = filledSpec({ ...choice, skip: ["deduplication"] });
  const waiting = await submit(later);
  const held = filledSpec(runnable(choice));
  const running = await submit(held);
  const context = await worker.started(running);
  await admin.pauseQueue({ name: choice.queue });
  const letters = [letterOfFailed, await collectLetters(world, choice.queue, redriven)];
  const again = await redrive(world, redriven);
  const written = async (id: string) => (await world.stored(id)).output.nextOffset;

  const came = { attempt: 1, startTime: lately };
  // The lost attempt counts, and the refused one does not.
  const twice = { attempt: 2, stalls: 1, bounces: 1, usage: usageOf(first, second) };
  // Fields of the first job that a redriven job does not have.
  const bare = { idempotencyKey: "", expiresAt: undefined, deadline: undefined };
  const livingJob = async (id: string, spec: JobSpec, outcome: Expected): Promise<LivingJob> => ({
    ...{ id, spec },
    expected: expectedJob(id, spec, { outputOffset: BigInt(await written(id)), ...outcome }),
  });
  const life = {
    later: await livingJob(waiting, later, { state: JobState.SCHEDULED }),
    retried: await livingJob(ids.retried, retried, {
      ...{ state: JobState.SCHEDULED, ...came, ...twice, failure: flaky },
      runAt: about(failedAtMs + RETRY_AFTER_MS),
    }),
    failed: await livingJob(ids.failed, failed, {
      ...{ state: JobState.FAILED, ...came, ...twice, failure: last, finishTime: lately },
    }),
    succeeded: await livingJob(done, succeeded, {
      ...{ state: JobState.SUCCEEDED, ...came, finishTime: lately },
      // 48 × 2 + 53 × 1 + 203 × 3 micro-dollars, by FIELDS_PRICE.
      usage: { ...usageOf(first), costMicros: 758n },
      resultJson: JSON.stringify(result),
      route: { account: choice.pool, model: PROVIDER_MODEL },
    }),
    redriven: await livingJob(redriven, failed, {
      ...{ state: JobState.FAILED, ...came, usage: usageOf(second), finishTime: lately },
      ...{ failure: hopeless, redrivenFrom: ids.failed, ...bare },
    }),
    /** The job waits because its queue is paused. */
    again: await livingJob(again, failed, { redrivenFrom: redriven, ...bare }),
    running: await livingJob(running, held, { state: JobState.RUNNING, ...came }),
  };
  const finalizer = await startFinalizer(world, choice);
  const stopped = { usage: usageOf(first) };
  const histories = {
    failed: [
      ended({ attempt: 1, workerId: "raw", failure: stalled }),
      ended({ attempt: 2, workerId: "sdk-worker", failure: last, usage: usageOf(second) }),
    ],
    redriven: [
      ended({ attempt: 1, workerId: "sdk-worker", failure: hopeless, usage: usageOf(second) }),
    ],
  };
  return { ...life, finalizer, stopped, worker, connected, letters, histories, waited, context };
}

/** A job that waits for the children of a group. */
async function startFinalizer(world: World, choice: SpecChoice): Promise<LivingJob> {
  const spec = filledSpec({
    ...choice,
    skip: ["run_at", "deduplication", "idempotency_key", "group_id"],
  });
  const { group } = await world.groups.createGroup({
    group: { queue: choice.queue, finalizer: spec },
  });
  const id = String(group?.finalizerJobId);
  const outcome = { state: JobState.WAITING, childGroupIds: [group?.id] };
  return { id, spec, expected: expectedJob(id, spec, outcome) };
}

const ended = (how: Expected): Expected => ({ startTime: lately, endTime: lately, ...how });

/** Redrives a dead letter as a new job. */
async function redrive({ admin, jobs }: World, jobId: string): Promise<string> {
  const queue = queueOf(jobId as JobId);
  for await (const _ of admin.redriveDeadLetters({ filter: { queue, jobIds: [jobId] } }));
  const { jobs: listed } = await jobs.listJobs({ queue });
  return String(listed.find((job) => job.redrivenFrom === jobId)?.id);
}

/** Starts a worker of the SDK. How each attempt ends depends on the part of its job. */
function startFieldsWorker(
  world: World,
  { queue, pool, type }: SpecChoice,
  ids: { readonly retried: string; readonly failed: string },
) {
  const contexts: AttemptContext[] = [];
  const arrivals = new EventTarget();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const refusal = () =>
    new JobFailure("BUSY", "the provider is busy", true, {
      retryAfterMs: COOL_MS,
      provider: { account: pool, httpStatus: 429, quotaExhausted: false },
    });
  const execute = async (context: AttemptContext) => {
    const { jobId } = context;
    const before = contexts.filter((one) => one.jobId === jobId).length;
    contexts.push(context);
    arrivals.dispatchEvent(new Event("arrival"));
    await context.write(`text of ${jobId}`);
    await context.progress(2, 5, `part of ${jobId}`);
    if (jobId === ids.retried || jobId === ids.failed) {
      context.addUsage(before === 0 ? first : second);
      if (before === 0) throw refusal();
      const options = { retryAfterMs: RETRY_AFTER_MS, details };
      if (jobId === ids.failed) throw new JobFailure(last.reason, last.message, true, options);
      throw new JobFailure(flaky.reason, flaky.message, true, options);
    }
    const job = await world.stored(jobId);
    if (job.redrivenFrom !== undefined) {
      context.addUsage(second);
      throw new NonRetryableError(hopeless.reason, hopeless.message, { details });
    }
    const isFirstToEnd = contexts.every((one) =>
      [ids.retried, ids.failed, jobId].includes(one.jobId),
    );
    if (!isFirstToEnd) await released;
    context.addUsage(first);
    return result;
  };
  const worker = startWorker({
    ...{ address: world.workers, workerId: "sdk-worker", queues: [queue], clock, random },
    version: "build-7",
    ...{ pools: [pool], slots: 4, guestSlots: 2, executors: { [type]: execute } },
  });
  onTestFinished(async () => {
    release();
    await worker.drain(0);
  });
  return {
    contexts,
    release,
    drain: () => worker.drain(0),
    /** Resolves with the context that the executor was given. */
    started: (jobId: string) =>
      new Promise<AttemptContext>((resolve) => {
        const look = () => {
          const found = contexts.find((context) => context.jobId === jobId);
          if (found !== undefined) resolve(found);
        };
        arrivals.addEventListener("arrival", look);
        look();
      }),
  };
}
