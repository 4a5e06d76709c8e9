/** Proves a worker's stream, message by message. */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ConnectedWorker,
  ConnectedWorkerSchema,
  ListWorkersResponseSchema,
} from "@millrace/proto/admin-service";
import { type JobSpec, JobState } from "@millrace/proto/job";
import {
  type Hello,
  HelloSchema,
  type LeaseRef,
  LeaseRefSchema,
  StopReason,
  WorkResponseSchema,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { parseApiKey } from "@millrace/shared";
import { expect } from "vitest";
import { type Outcome, RawWorker } from "../faults/raw-worker.ts";
import { anyText, lately } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { type Expected, Wanted } from "./ledger.ts";
import { filledSpec, type SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const LEASE_MS = 8_000;
const GRACE_MS = 60_000;
export const token = new Wanted("a token", (value) => typeof value === "bigint" && value > 0n);
const usage = {
  ...{ inputTokens: 31n, outputTokens: 37n, providerCalls: 2, computeMs: 43n },
  ...{ cachedInputTokens: 11n, reasoningTokens: 13n, model: "a-model" },
};
const message = "what the worker reported";

export async function proveWork(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, jobs } = world;
  const submit = async (job: JobSpec) => String((await jobs.submitJob({ job })).job?.id);
  const specOf = () => filledSpec({ ...choice, skip: ["run_at", "deduplication"] });
  const hear = (came: object, expected: Expected) =>
    ledger.compare("Work response", WorkResponseSchema, messageOf(came), expected);

  const hello = filled(HelloSchema, {
    set: {
      queues: [choice.queue, "not-defined"],
      pools: [choice.pool, "gpu"],
      types: [choice.type, "other"],
      ...{ credit: 1, slots: 1, guest_slots: 1 },
    },
    skip: ["leases"],
  });
  const worker = new RawWorker(world.workers);
  const welcome = await worker.hello(choice.queue, hello);
  const welcomed = {
    schedulerId: "the-scheduler",
    leaseDuration: durationFromMs(LEASE_MS),
    heartbeatInterval: durationFromMs(Math.floor(LEASE_MS / 3)),
    stopGrace: durationFromMs(GRACE_MS),
    undefinedQueues: ["not-defined"],
    unknownPools: ["gpu"],
  };
  hear({ case: "welcome", value: welcome }, { welcome: welcomed });

  const spec = specOf();
  const jobId = await submit(spec);
  const assigned = await worker.take();
  const { lease } = assigned;
  const assignments = [assignmentOf(world, jobId, spec)];
  const group = { assignments: [assigned] };
  hear({ case: "assignments", value: group }, { assignments: { assignments } });
  await proveGuest(world, choice, worker);
  ledger.prove("Work request", "hello.credit", "hello.slots", "hello.guest_slots");
  await proveConnected(
    world,
    hello.workerId,
    {
      ...{
        workerId: hello.workerId,
        tokenName: "worker",
        queues: hello.queues,
        pools: hello.pools,
      },
      ...{ types: hello.types, running: 2, freeSlots: 3, sdk: hello.sdk, connectTime: lately },
      ...{ version: hello.version, slots: hello.slots, address: anyText },
      ...{ lastHeartbeatTime: lately, schedulerId: "the-scheduler" },
    },
    () => worker.send({ case: "credit", value: { slots: 3 } }),
  );
  ledger.prove("Work request", "credit");

  await proveOutput(worker, lease, hear);
  const stale = create(LeaseRefSchema, { jobId, fencingToken: lease.fencingToken + 1n });
  const lost = await worker.heartbeat([lease, stale]);
  hear({ case: "heartbeatAck", value: { lost } }, { heartbeatAck: { lost: [stale] } });
  ledger.prove("Work request", "heartbeat", "output");

  worker.cut();
  await proveReconnect(world, { hello, welcomed, lease, submit: () => submit(specOf()), hear });
}

/** Takes the lease over with another stream, which is told what happened meanwhile, and continues to its goodbye. */
async function proveReconnect(world: World, { hello, welcomed, lease, submit, hear }: Cut) {
  const { ledger, jobs } = world;
  const { jobId } = lease;
  await jobs.cancelJob({ jobId });
  const again = new RawWorker(world.workers);
  const held = await again.hello(String(hello.queues[0]), { ...hello, leases: [lease], credit: 1 });
  hear(
    { case: "welcome", value: held },
    {
      welcome: {
        ...welcomed,
        leases: [{ lease, held: true, nextSequence: 3, cancelRequested: true }],
      },
    },
  );
  ledger.prove("Work request", "hello.leases");
  const ack = await settle(again, lease, { case: "stopped", value: {} });
  hear(
    { case: "settleAcks", value: { acks: [ack] } },
    {
      settleAcks: { acks: [{ lease, status: WriteStatus.STORED, state: JobState.CANCELLED }] },
    },
  );
  expect((await jobs.getJob({ jobId })).job?.usage).toMatchObject(usage);
  await proveStop(world, again, await submit(), hear);
  await proveOutcomes(world, again, submit, hear);
  await again.send({ case: "draining", value: {} });
  await proveConnected(world, hello.workerId, undefined, async () => undefined);
  const listed = (await world.admin.listWorkers({})).workers;
  expect(listed.find(({ workerId }) => workerId === hello.workerId)?.draining).toBe(true);
  ledger.prove("ListWorkers response", "workers.draining");
  await again.send({ case: "goodbye", value: {} });
  expect(await again.ended).toBeUndefined();
  ledger.prove("Work request", "draining", "goodbye");
}

interface Cut {
  readonly hello: Hello;
  readonly welcomed: Expected;
  readonly lease: LeaseRef;
  readonly submit: () => Promise<string>;
  readonly hear: (came: object, expected: Expected) => void;
}

const messageOf = (came: object) => create(WorkResponseSchema, { message: came as never });

export const assignmentOf = (world: World, jobId: string, spec: JobSpec): Expected => ({
  lease: { jobId, fencingToken: token },
  attempt: 1,
  maxAttempts: spec.retry?.maxAttempts,
  payloadJson: spec.payload.value,
  traceparent: sameTrace(spec),
  keyId: world.keyId,
  queue: spec.queue,
  type: spec.type,
  documentIds: spec.documentIds,
  pool: spec.pool,
  deadline: spec.deadline,
  labels: spec.labels,
  tracestate: spec.tracestate,
});

/** The trace is the same, but the parent span may be another. */
export const sameTrace = ({ traceparent }: JobSpec) =>
  new Wanted(`a part of the trace ${traceparent}`, (value) =>
    String(value).startsWith(traceparent.slice(0, 35)),
  );

/** Proves that a job of another key comes beyond the credit, as a guest. */
async function proveGuest(world: World, choice: SpecChoice, worker: RawWorker): Promise<void> {
  const key = await world.system.createApiKey("guest");
  const job = { queue: choice.queue, type: choice.type };
  await world.callerOf(key).submitJob({ job });
  expect((await worker.take()).keyId).toBe(parseApiKey(key)?.keyId);
}

async function proveOutput(
  worker: RawWorker,
  lease: LeaseRef,
  hear: (came: object, expected: Expected) => void,
): Promise<void> {
  const gap = await worker.output(lease, 5, ["too far"]);
  expect(gap).toMatchObject({ status: WriteStatus.GAP, nextSequence: 0 });
  const chunks = [
    { content: { case: "text" as const, value: "text" } },
    { content: { case: "data" as const, value: new Uint8Array([9, 8]) } },
    { content: { case: "progress" as const, value: { done: 3, total: 4, message } } },
  ];
  const from = worker.heard.items.length;
  await worker.send({ case: "output", value: { attempts: [{ lease, chunks }] } });
  const acks = await worker.heard.until(({ case: kind }) => kind === "outputAcks", from);
  hear(acks, { outputAcks: { acks: [{ lease, status: WriteStatus.STORED, nextSequence: 3 }] } });
}

/** Proves that an operator sees the worker and what it takes. */
async function proveConnected(
  { ledger, admin, cliLines }: World,
  workerId: string,
  expected: Expected | undefined,
  change: () => Promise<void>,
): Promise<void> {
  await change();
  // Messages that were sent before are handled in order, so this asks until the worker's slots are as expected.
  const free = expected?.freeSlots ?? 0;
  const untilItTakes = async (ask: () => Promise<ConnectedWorker[]>): Promise<ConnectedWorker> => {
    for (;;) {
      const own = (await ask()).find((one) => one.workerId === workerId);
      if (own?.freeSlots === free && (expected !== undefined || own.draining)) return own;
    }
  };
  const worker = await untilItTakes(async () => (await admin.listWorkers({})).workers);
  if (expected === undefined) return;
  const { schedulerId } = await admin.listWorkers({});
  const listed = create(ListWorkersResponseSchema, { schedulerId, workers: [worker] });
  ledger.compare("ListWorkers response", ListWorkersResponseSchema, listed, {
    schedulerId: "the-scheduler",
    workers: [expected],
  });
  ledger.prove(
    "Work request",
    ...["worker_id", "queues", "pools", "types", "sdk", "version"].map((name) => `hello.${name}`),
  );
  const shown = await untilItTakes(async () =>
    (await Array.fromAsync(cliLines("workers", "list"))).map((line) =>
      fromJson(ConnectedWorkerSchema, line as JsonObject),
    ),
  );
  ledger.compare("millrace workers list", ConnectedWorkerSchema, shown, expected);
}

async function settle(worker: RawWorker, lease: LeaseRef, outcome: Outcome) {
  const from = worker.heard.items.length;
  await worker.send({ case: "settle", value: { outcomes: [{ lease, outcome, usage }] } });
  const heard = await worker.heard.until(({ case: kind }) => kind === "settleAcks", from);
  return heard.case === "settleAcks" ? heard.value.acks[0] : undefined;
}

async function proveStop(
  { jobs }: World,
  worker: RawWorker,
  jobId: string,
  hear: (came: object, expected: Expected) => void,
): Promise<void> {
  const { lease } = await worker.take();
  await jobs.cancelJob({ jobId });
  const stop = await worker.heard.until(({ case: kind }) => kind === "stop");
  hear(stop, { stop: { attempts: [{ lease, reason: StopReason.CANCELLED }] } });
  await settle(worker, lease, { case: "stopped", value: {} });
}

/** Proves how attempts end, as their jobs show it. */
async function proveOutcomes(
  { ledger, jobs }: World,
  worker: RawWorker,
  submit: () => Promise<string>,
  hear: Cut["hear"],
): Promise<void> {
  const run = async (outcome: Outcome) => {
    await submit();
    await worker.send({ case: "credit", value: { slots: 1 } });
    const { lease } = await worker.take();
    return { lease, ack: await settle(worker, lease, outcome) };
  };
  const end = async (outcome: Outcome) => {
    const { jobId } = (await run(outcome)).lease;
    return (await jobs.getJob({ jobId })).job;
  };
  const resultJson = '{"result":[1,2]}';
  const done = await end({ case: "completed", value: { resultJson } });
  expect(done).toMatchObject({ resultJson, usage });
  const failure = { reason: "SAID", message, retryable: true, detailsJson: '{"by":"hand"}' };
  const retryAfter = durationFromMs(20 * 3_600_000);
  const failed = await end({ case: "failed", value: { failure, retryAfter } });
  expect(failed).toMatchObject({ failure, state: JobState.SCHEDULED });
  const ahead = Number(failed?.runAt?.seconds) - Number(failed?.submitTime?.seconds);
  expect(ahead).toBeGreaterThan(19 * 3_600);
  const back = await end({ case: "handedBack", value: { reason: "no time" } });
  expect(back).toMatchObject({ attempt: 0 });
  const provider = { account: "", httpStatus: 429, quotaExhausted: false, rateLimitHeaders: {} };
  const { lease, ack } = await run({ case: "failed", value: { failure, provider } });
  const stored = { lease, status: WriteStatus.STORED, state: JobState.QUEUED, bounced: true };
  hear({ case: "settleAcks", value: { acks: [ack] } }, { settleAcks: { acks: [stored] } });
  await jobs.cancelJob({ jobId: lease.jobId });
  ledger.prove(
    "Work request",
    ...["lease", "completed", "failed.failure", "failed.retry_after", "stopped", "usage"].map(
      (name) => `settle.outcomes.${name}`,
    ),
  );
}
