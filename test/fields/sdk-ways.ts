/** Proves what the worker SDK does with assignments, and with what executors report. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ProviderState } from "@millrace/proto/admin-service";
import { AssignmentSchema } from "@millrace/proto/worker-service";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import {
  type AttemptContext,
  JobFailure,
  type ProviderRefusal,
  startWorker,
} from "@millrace/worker-sdk";
import { expect, onTestFinished } from "vitest";
import { type Outcome, RawWorker } from "../faults/raw-worker.ts";
import type { Life } from "./life.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import { sameTrace } from "./work-ways.ts";
import type { World } from "./world.ts";

/**
 * Proves that an executor gets all fields of an assignment but its token. What it reported is in the jobs that
 * other tests compared.
 */
export async function proveSdk(world: World, life: Life): Promise<void> {
  const { ledger } = world;
  const { id, spec } = life.running;
  ledger.compare("worker SDK assignment", AssignmentSchema, assignmentOf(life.context), {
    ...{ lease: { jobId: id }, keyId: world.keyId, attempt: 1 },
    maxAttempts: spec.retry?.maxAttempts,
    payloadJson: spec.payload.value,
    traceparent: sameTrace(spec),
    queue: spec.queue,
    type: spec.type,
    documentIds: spec.documentIds,
    pool: spec.pool,
    deadline: spec.deadline,
    labels: spec.labels,
    tracestate: spec.tracestate,
  });
  ledger.prove("worker SDK output", "text", "progress");
  ledger.prove(
    "worker SDK outcome",
    ...["lease", "completed", "failed.failure", "failed.retry_after", "stopped", "usage"],
    "failed.provider.http_status",
  );
  expect(life.connected).toMatchObject({
    ...{ workerId: "sdk-worker", queues: [spec.queue], pools: [spec.pool], types: [spec.type] },
    freeSlots: 4,
    version: "build-7",
    sdk: expect.stringMatching(/^millrace-node\//),
  });
  const hello = ["worker_id", "queues", "pools", "types", "credit", "sdk", "version"];
  ledger.prove("worker SDK hello", ...hello);
}

function assignmentOf(context: AttemptContext) {
  const { jobId, payload, deadlineMs, queue, type, keyId, attempt, maxAttempts } = context;
  const { documentIds, pool, labels, traceparent, tracestate } = context;
  const message: MessageInitShape<typeof AssignmentSchema> = {
    ...{ lease: { jobId }, queue, type, keyId, attempt, maxAttempts, pool },
    ...{ documentIds: [...documentIds], labels: { ...labels }, traceparent, tracestate },
    payloadJson: JSON.stringify(payload),
    ...(deadlineMs === undefined ? {} : { deadline: timestampFromMs(deadlineMs) }),
  };
  return create(AssignmentSchema, message);
}

const RESET_SECONDS = 2_345;
const rateLimitHeaders = {
  "x-ratelimit-remaining-requests": "0",
  "x-ratelimit-reset-requests": `${RESET_SECONDS}s`,
};

/** Proves that what a provider answered reaches its account, from an executor and from a worker without the SDK. */
export async function proveProviderFeedback(world: World, choice: SpecChoice): Promise<void> {
  for (const way of ["Work request", "worker SDK outcome"] as const) {
    const name = (kind: string) => `acme/${kind}-${way === "Work request" ? "raw" : "sdk"}`;
    const [limited, empty] = [name("limited"), name("empty")];
    const report = way === "Work request" ? reportByHand : reportBySdk;
    await report(world, choice, { account: limited, httpStatus: 429, rateLimitHeaders });
    await report(world, choice, { account: empty, httpStatus: 402, quotaExhausted: true });
    const { accounts } = await world.admin.listProviderAccounts({});
    const find = (wanted: string) => accounts.find(({ account }) => account?.name === wanted);
    const ahead = Number(find(limited)?.coolUntil?.seconds) - clock.nowMs() / 1_000;
    expect(Math.abs(ahead - RESET_SECONDS), way).toBeLessThan(60);
    expect(find(empty)?.state, way).toBe(ProviderState.EXHAUSTED);
    const prefix = way === "Work request" ? "settle.outcomes." : "";
    world.ledger.prove(
      way,
      ...["http_status", "quota_exhausted", "rate_limit_headers"].map(
        (field) => `${prefix}failed.provider.${field}`,
      ),
    );
  }
}

type Feedback = Partial<ProviderRefusal> & { readonly account: string };

async function submitTo(world: World, choice: SpecChoice, pool: string): Promise<string> {
  await world.admin.putProviderAccount({ account: { name: pool } });
  const spec = filledSpec({ ...choice, pool, skip: ["run_at", "deduplication"] });
  return String((await world.jobs.submitJob({ job: spec })).job?.id);
}

async function reportByHand(world: World, choice: SpecChoice, provider: Feedback): Promise<void> {
  await submitTo(world, choice, provider.account);
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { pools: [provider.account] });
  const failure = { reason: "PROVIDER_ERROR", message: "refused", retryable: true };
  const failed: Outcome = { case: "failed", value: { failure, provider } };
  await worker.settle((await worker.take()).lease, failed);
  worker.cut();
}

async function reportBySdk(world: World, choice: SpecChoice, feedback: Feedback): Promise<void> {
  const jobId = await submitTo(world, choice, feedback.account);
  const provider = { httpStatus: 0, quotaExhausted: false, ...feedback };
  const worker = startWorker({
    ...{ address: world.workers, workerId: "feedback", queues: [choice.queue], slots: 1 },
    ...{ pools: [feedback.account], clock, random },
    executors: {
      [choice.type]: () => {
        throw new JobFailure("PROVIDER_ERROR", "refused", true, { provider });
      },
    },
  });
  onTestFinished(() => worker.drain(0));
  await world.jobOnceIt(jobId, ({ failure }) => failure !== undefined);
  await worker.drain(0);
}
