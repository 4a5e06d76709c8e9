/** Proves the calls by which workers fan out and save checkpoints, and what later assignments have of them. */
import { create } from "@bufbuild/protobuf";
import { GroupState } from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import {
  type Assignment,
  FanOutRequestSchema,
  FanOutResponseSchema,
  type LeaseRef,
  type ReadChildrenResponse,
  ReadChildrenResponseSchema,
  WorkerService,
  WorkResponseSchema,
} from "@millrace/proto/worker-service";
import type { GrpcClient } from "@millrace/runtime";
import {
  systemClock as clock,
  defaultBackoff,
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemRandom as random,
} from "@millrace/shared";
import { expect } from "vitest";
import { completed, failed, RawWorker } from "../faults/raw-worker.ts";
import { clientOf, faultOf } from "../faults/setup.ts";
import { lately } from "./expected-job.ts";
import { filled } from "./fill.ts";
import { type Expected, Wanted } from "./ledger.ts";
import { filledSpec, proveSpec, type SpecChoice } from "./specs.ts";
import { assignmentOf, token } from "./work-ways.ts";
import type { World } from "./world.ts";

const DAY_MS = 86_400_000;
const anId = new Wanted("an id", (value) => /~[0-9A-Z]{26}$/.test(String(value)));
const ahead = new Wanted("a time ahead", (value) => {
  const { seconds } = value as { readonly seconds: bigint };
  return Number(seconds) * 1_000 > clock.nowMs();
});
const checkpointJson = '{"page":3}';
/** Fields of jobs that children may not have. */
const notForChildren = ["idempotency_key", "deduplication", "group_id"];

type Taken = Assignment & { readonly lease: LeaseRef };

/** A worker without the SDK, and the calls besides its stream. */
interface Hands {
  readonly worker: RawWorker;
  readonly rpc: GrpcClient<typeof WorkerService>["rpc"];
  readonly queue: string;
}

export async function proveFanOut(world: World, choice: SpecChoice): Promise<void> {
  const { rpc } = clientOf(WorkerService, world.workers);
  const hands: Hands = { rpc, worker: new RawWorker(world.workers), queue: choice.queue };
  await hands.worker.hello(choice.queue, { pools: [choice.pool], types: [choice.type] });
  const resumed = await proveDecided(world, choice, hands);
  await proveEnded(world, choice, hands, resumed.lease);
  await proveFinalizer(world, choice, hands);
}

/** Proves a fan-out that its second child decides, while the first one waits for its time. */
async function proveDecided(world: World, choice: SpecChoice, hands: Hands): Promise<Taken> {
  const { ledger, jobs } = world;
  const { worker, rpc, queue } = hands;
  const spec = filledSpec({ ...choice, skip: ["run_at", ...notForChildren] });
  const parentId = String((await jobs.submitJob({ job: spec })).job?.id);
  const { lease } = await worker.take();
  await rpc.saveCheckpoint({ lease, checkpointJson });
  const parts = [
    filledSpec({ ...choice, skip: notForChildren }),
    filledSpec({ ...choice, payload: "payload_struct", skip: ["run_at", ...notForChildren] }),
  ];
  const request = filled(FanOutRequestSchema, {
    set: {
      ...{ lease, ordinal: 1, first_index: 1, plan_sha256: new Uint8Array(32).fill(7) },
      ...{ rule: { rule: { case: "any", value: true } }, max_in_flight: 9, children: parts },
    },
  });
  const made = {
    ...{ id: anId, queue, rule: { any: true }, maxInFlight: 9, keepSiblings: true },
    ...{ parentJobId: parentId, createTime: lately, deadline: ahead },
  };
  ledger.compare("FanOut response", FanOutResponseSchema, await rpc.fanOut(request), {
    group: { ...made, state: GroupState.OPEN, progress: { total: 2, inFlight: 2 } },
  });
  const resumed = await waitFor(hands, lease, [completed("of a child")]);
  ledger.compare(
    "Work response",
    WorkResponseSchema,
    create(WorkResponseSchema, {
      message: { case: "assignments", value: { assignments: [resumed] } },
    }),
    {
      assignments: {
        assignments: [
          {
            ...assignmentOf(world, parentId, spec),
            ...{ lease: { jobId: parentId, fencingToken: token }, fanOuts: 1, checkpointJson },
          },
        ],
      },
    },
  );
  const read = await rpc.readChildren({ lease: resumed.lease, ordinal: 1 });
  compareRead(world, read, {
    group: {
      ...{ ...made, state: GroupState.SUCCEEDED, finishTime: lately },
      progress: { total: 2, succeeded: 1, inFlight: 1 },
    },
    children: [
      { index: 1, jobId: anId, state: JobState.SCHEDULED },
      { index: 2, jobId: anId, state: JobState.SUCCEEDED, resultJson: '"of a child"' },
    ],
  });
  for (const [at, part] of parts.entries()) {
    const jobId = String(read.children[at]?.jobId);
    await proveSpec(world, "FanOut request", { spec: part, jobId, prefix: "children" });
  }
  const last = await rpc.readChildren({ lease: resumed.lease, ordinal: 1, afterIndex: 1 });
  expect(last.children.map(({ index }) => index)).toEqual([2]);
  ledger.prove("ReadChildren request", "lease", "ordinal", "after_index");
  const other = { ...request, lease: resumed.lease, planSha256: new Uint8Array(32) };
  expect((await faultOf(rpc.fanOut(other))).reason).toBe("FAN_OUT_DIFFERS");
  ledger.prove(
    "FanOut request",
    ...["lease", "plan_sha256", "rule.any", "max_in_flight", "keep_siblings"],
  );
  ledger.prove("SaveCheckpoint request", "lease", "checkpoint_json");
  ledger.prove("Work request", "settle.outcomes.waiting");
  return resumed;
}

/** Proves a second fan-out, with a child that fails and one whose result is long. */
async function proveEnded(world: World, { type }: SpecChoice, hands: Hands, lease: LeaseRef) {
  const plan = {
    ...{ lease, ordinal: 2, planSha256: new Uint8Array(32) },
    rule: { rule: { case: "atLeastPercent" as const, value: 50 } },
  };
  await hands.rpc.fanOut({ ...plan, firstIndex: 1, children: [{ type }] });
  await hands.rpc.fanOut({ ...plan, firstIndex: 2, children: [{ type }] });
  const long = completed("x".repeat(70_000));
  const detailsJson = '{"pages":3}';
  const resumed = await waitFor(hands, lease, [failed("NO_TEXT", false, detailsJson), long]);
  const read = await hands.rpc.readChildren({ lease: resumed.lease, ordinal: 2 });
  compareRead(world, read, {
    group: {
      ...{
        id: anId,
        queue: hands.queue,
        rule: { atLeastPercent: 50 },
        state: GroupState.SUCCEEDED,
      },
      ...{ parentJobId: lease.jobId, createTime: lately, finishTime: lately, deadline: ahead },
      progress: { total: 2, succeeded: 1, failed: 1 },
    },
    children: [
      {
        ...{ index: 1, jobId: anId, state: JobState.FAILED },
        failure: { reason: "NO_TEXT", message: "as the test wants it", detailsJson },
      },
      { index: 2, jobId: anId, state: JobState.SUCCEEDED, resultOmitted: true },
    ],
  });
  const ofLong = { lease: resumed.lease, ordinal: 2, afterIndex: 1 };
  const { children } = await hands.rpc.readChildren({ ...ofLong, wholeResults: true });
  const resultJson = JSON.stringify("x".repeat(70_000));
  expect(children).toMatchObject([{ index: 2, resultJson, resultOmitted: false }]);
  const spent = await hands.rpc.readChildren({ ...ofLong, usages: true });
  expect(spent.usages).toMatchObject([{ index: 2 }]);
  world.ledger.prove("ReadChildren request", "whole_results", "usages");
  world.ledger.prove("ReadChildren response", "usages.index");
  world.ledger.prove("FanOut request", "ordinal", "first_index", "rule.at_least_percent");
  await hands.worker.settle(resumed.lease, completed(null));
}

/** Proves that a finalizer is told its group, and reads it. */
async function proveFinalizer({ engine, ledger, keyId }: World, choice: SpecChoice, hands: Hands) {
  const nowMs = clock.nowMs();
  const of = [choice.queue as QueueName, keyId as KeyId, nowMs, random] as const;
  const [groupId, finalizerId] = [newGroupId(...of), newJobId(...of)];
  await engine.createGroup({
    ...{ id: groupId, rule: "all", maxInFlight: 0, keepSiblings: false },
    ...{ createdAtMs: nowMs, deadlineMs: nowMs + DAY_MS },
    finalizer: {
      ...{ id: finalizerId, type: choice.type, payloadJson: "{}", priority: 50, maxAttempts: 1 },
      ...{ backoff: defaultBackoff, labels: {}, submittedAtMs: nowMs },
    },
  });
  await engine.closeGroup(groupId);
  await hands.worker.send({ case: "credit", value: { slots: 1 } });
  const { lease, finalizesGroupId, fanOuts } = await hands.worker.take();
  expect({ finalizesGroupId, fanOuts }).toEqual({ finalizesGroupId: groupId, fanOuts: 0 });
  const { group } = await hands.rpc.readChildren({ lease });
  expect(group).toMatchObject({ id: groupId, finalizerJobId: finalizerId });
  ledger.prove("Work response", "assignments.assignments.finalizes_group_id");
  ledger.prove("ReadChildren response", "group.finalizer_job_id");
  await hands.worker.settle(lease, completed(null));
}

function compareRead({ ledger }: World, came: ReadChildrenResponse, expected: Expected): void {
  ledger.compare("ReadChildren response", ReadChildrenResponseSchema, came, expected);
}

/** Has an attempt wait, ends its children in order, and takes the job again. */
async function waitFor(
  { worker }: Hands,
  lease: LeaseRef,
  ends: readonly ReturnType<typeof completed>[],
): Promise<Taken> {
  await worker.settle(lease, { case: "waiting", value: { children: 2 } });
  for (const end of ends) {
    await worker.send({ case: "credit", value: { slots: 1 } });
    await worker.settle((await worker.take()).lease, end);
  }
  await worker.send({ case: "credit", value: { slots: 1 } });
  return worker.take();
}
