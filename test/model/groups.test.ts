/**
 * Runs commands on groups in any order against a plain model: finalizers and fan-outs, children that fail, are retried,
 * cancelled, lost with their workers, redriven, or removed by BullMQ. After each step the database is audited. README.md
 * lists what checks which invariant.
 */
import { bullPrefix, type Engine, fairBackend, type GroupRule, type Lease } from "@millrace/engine";
import { type GroupId, type JobId, type KeyId, newGroupId, systemRandom } from "@millrace/shared";
import { withBackend } from "bullmq";
import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupModel } from "./group-model.ts";
import { type Move, OutboxModel } from "./outbox-model.ts";
import { settings } from "./settings.ts";
import { openWorld, type Replica, type World } from "./world.ts";

const KEY = "aaaa" as KeyId;
/** A key that subscribes to no events. */
const OTHER_KEY = "bbbb";
/** A key that subscribes, in another shard. */
const SECOND_KEY = "cccc" as KeyId;
const SHARDS = 3;
/** The shard of KEY. The engine's choice never changes. */
const KEY_SHARD = 1;
const HOUR_MS = 3_600_000;
const failure = { reason: "NO", message: "no", retryable: true };

const options = {
  rule: fc.constantFrom<GroupRule>("all", "any", 50, 95),
  maxInFlight: fc.constantFrom(0, 0, 1, 2),
  keepSiblings: fc.boolean(),
};

const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      ...options,
      finalizer: fc.constantFrom(true, true, false),
      children: fc.integer({ min: 0, max: 4 }),
      closed: fc.boolean(),
      soon: fc.constantFrom(false, false, true),
    }),
  },
  fc.record({
    kind: fc.constant("join" as const),
    nth: fc.nat(4),
    children: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constant("close" as const), nth: fc.nat(4) }),
  fc.record({ kind: fc.constant("cancelGroup" as const), nth: fc.nat(4) }),
  fc.record({ kind: fc.constant("cancelJob" as const), nth: fc.nat(30) }),
  fc.record({ kind: fc.constant("remove" as const), nth: fc.nat(30) }),
  fc.record({
    kind: fc.constant("submit" as const),
    key: fc.constantFrom(KEY, KEY, OTHER_KEY, SECOND_KEY),
  }),
  fc.record({ kind: fc.constant("room" as const), deliveries: fc.constantFrom(1, 4, 1_000_000) }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      crash: fc.constantFrom<Move["crash"]>("never", "never", "before submit", "before takeOut"),
      count: fc.constantFrom(1, 3, 50),
      blind: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("lease" as const),
      count: fc.integer({ min: 1, max: 4 }),
      lost: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      as: fc.constantFrom("complete", "complete", "complete", "fail", "retry", "release"),
      oldest: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("fanOut" as const),
      ...options,
      plan: fc.constantFrom("p", "p", "q"),
      children: fc.integer({ min: 0, max: 3 }),
      /** False: the attempt ends before it waits. */
      waits: fc.constantFrom(true, true, false),
    }),
  },
  fc.record({ kind: fc.constant("redrive" as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(900, 5_000, 31_000, 62_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("duties" as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const run = fc.array(fc.record({ by: fc.constantFrom<Replica>(0, 1), action }), {
  ...{ minLength: 5, maxLength: 45, size: "max" },
});

test("a finalizer runs exactly once, not before its group has succeeded, and each end is delivered once, whatever happens", async () => {
  const property = fc.asyncProperty(run, async (steps) => {
    const world = await openWorld(SHARDS);
    const { Queue: FairQueue } = withBackend(fairBackend());
    const bull = new FairQueue(world.queue, {
      connection: { url: world.url },
      prefix: bullPrefix(world.queue, KEY_SHARD, world.rootPrefix),
    });
    const model = new GroupModel(world.engine(0));
    const outbox = new OutboxModel(world.engine(0), world.queue, SHARDS, [KEY, SECOND_KEY]);
    const seconds: JobId[] = [];
    const look = () => outbox.look([...model.jobIds, ...seconds], model.groupIds);
    const remove = (id: JobId) => bull.remove(id);
    await outbox.subscribe();
    try {
      for (const { by, action } of steps) {
        if (action.kind === "move") {
          await outbox.move(world.engine(by), world.clock(by), action);
        } else if (action.kind === "room") {
          await outbox.setRoom(action.deliveries);
        } else {
          await take(action, world, world.engine(by), { model, remove, seconds });
        }
        await look();
        expect(await world.engine(0).audit()).toEqual([]);
      }
      await finish(world, model, look);
      await outbox.finished(world.clock(0), (ms) => {
        world.time.nowMs += ms;
      });
      expect(await world.engine(0).audit()).toEqual([]);
    } finally {
      await bull.close();
      await world.close();
    }
  });
  await fc.assert(property, settings(24));
}, 600_000);

async function take(
  next: Exclude<Action, { kind: "move" | "room" }>,
  world: World,
  engine: Engine,
  {
    model,
    remove,
    seconds,
  }: {
    readonly model: GroupModel;
    readonly remove: (id: JobId) => Promise<number>;
    /** The jobs of SECOND_KEY. */
    readonly seconds: JobId[];
  },
): Promise<void> {
  const { time, queue } = world;
  const submit = async (group?: GroupId, index?: number) => {
    const membership = group && { group: { id: group, ...(index === undefined ? {} : { index }) } };
    const spec = { ...world.job({ key: KEY }), ...membership };
    const [outcome] = await engine.submit([spec]);
    if (outcome?.kind === "accepted") model.submitted(spec);
    return outcome;
  };
  switch (next.kind) {
    case "create": {
      const id = newGroupId(queue, KEY, time.nowMs, systemRandom);
      const finalizer = next.finalizer ? world.job({ key: KEY }) : undefined;
      const { rule, maxInFlight, keepSiblings } = next;
      await engine.createGroup({
        ...{ id, rule, maxInFlight, keepSiblings, createdAtMs: time.nowMs },
        deadlineMs: time.nowMs + (next.soon ? 30_000 : 1_000 * HOUR_MS),
        ...(finalizer === undefined ? {} : { finalizer }),
      });
      model.created(id, rule, finalizer?.id);
      for (let i = 0; i < next.children; i += 1) await submit(id);
      if (next.closed) await engine.closeGroup(id);
      return;
    }
    case "join": {
      const id = model.groupIds[next.nth];
      for (let i = 0; id !== undefined && i < next.children; i += 1) await submit(id);
      return;
    }
    case "close":
    case "cancelGroup": {
      const id = model.groupIds[next.nth];
      if (id === undefined) return;
      if (next.kind === "close") await engine.closeGroup(id);
      else await engine.cancelGroup(id, "enough");
      return;
    }
    case "cancelJob": {
      const id = model.jobIds[next.nth];
      if (id !== undefined) await engine.cancel(id, "enough");
      return;
    }
    case "remove": {
      const id = model.jobIds[next.nth];
      // BullMQ does not remove a job that runs.
      if (id === undefined) return;
      const [before] = await engine.getJobs([id], "summary");
      if ((await remove(id)) === 1) model.removed(id, before?.state);
      return;
    }
    case "submit":
      if (next.key === KEY) await submit();
      else {
        const spec = world.job({ key: next.key });
        const [outcome] = await engine.submit([spec]);
        if (next.key === SECOND_KEY && outcome?.kind === "accepted") seconds.push(spec.id);
      }
      return;
    case "lease": {
      const request = { queue, count: next.count, leaseMs: world.leaseMs, workerId: "w1" };
      const { leases } = await engine.lease(request);
      for (const lease of leases) await model.leased(lease);
      if (!next.lost) world.held.push(...leases);
      return;
    }
    case "settle": {
      const lease = next.oldest ? world.held.shift() : world.held.pop();
      if (lease !== undefined) await settle(engine, model, lease, next.as);
      return;
    }
    case "fanOut": {
      const lease = world.held.pop();
      if (lease === undefined) return;
      const fanOuts = lease.job.childGroups?.filter((id) => id !== lease.job.finalizes) ?? [];
      const { rule, maxInFlight, keepSiblings, plan: planHash } = next;
      const ordinal = fanOuts.length + (next.plan === "q" ? 1 : 0) || 1;
      const opened = await engine.openFanOut({
        ...{ jobId: lease.jobId, token: lease.token, ordinal, planHash },
        ...{ rule, maxInFlight, keepSiblings },
      });
      if (opened.kind !== "opened") return;
      model.fannedOut(opened.group.id);
      for (let index = 1; index <= next.children; index += 1) await submit(opened.group.id, index);
      if (!next.waits) return;
      const [record] = await engine.getGroups([opened.group.id]);
      const wait = { kind: "wait" as const, children: record?.total ?? 0 };
      await engine.settle([{ jobId: lease.jobId, token: lease.token, ...wait }]);
      return;
    }
    case "redrive": {
      const { letters } = await engine.deadLetters.list({ queue }, 5);
      for (const letter of letters) {
        // One by one, to learn the new job's id.
        const before = new Set((await listAll(engine, world)).map(({ id }) => id));
        await engine.deadLetters.redrive([letter]);
        const added = (await listAll(engine, world)).find(({ id }) => !before.has(id));
        if (added !== undefined) model.redriven(letter.job.id, added);
      }
      return;
    }
    case "pass":
      time.nowMs += next.ms;
      return;
    case "duties":
      await duties(world, engine);
  }
}

const listAll = async (engine: Engine, { queue }: World) =>
  (await engine.listJobs({ keyId: KEY, queue, pageSize: 500 })).jobs;

async function settle(engine: Engine, model: GroupModel, lease: Lease, as: string) {
  const { jobId, token } = lease;
  const ref = { jobId, token };
  const [outcome] = await engine.settle([
    as === "complete"
      ? { ...ref, kind: "complete", resultJson: "1" }
      : as === "fail"
        ? { ...ref, kind: "fail", state: "FAILED", failure }
        : as === "retry"
          ? { ...ref, kind: "retry", delayMs: 3_000, failure }
          : { ...ref, kind: "release" },
  ]);
  if (outcome?.kind === "settled" && !outcome.repeated) model.settled(jobId, outcome.state);
}

async function duties({ queue }: World, engine: Engine): Promise<void> {
  await engine.reap(queue, 20);
  await engine.promote(queue, 20);
  await engine.tendGroups(queue, 20);
}

/** Checks that everything ends once workers only complete what they lease. */
async function finish(world: World, model: GroupModel, look: () => Promise<void>): Promise<void> {
  const { queue, time, leaseMs } = world;
  const engine = world.engine(0);
  for (const id of model.groupIds) await engine.closeGroup(id);
  for (let round = 0; round < 200; round += 1) {
    await duties(world, engine);
    for (const alone of [false, true]) {
      const request = { queue, count: 50, leaseMs, workerId: "w1", alone };
      const { leases } = await engine.lease(request);
      for (const lease of leases) await model.leased(lease);
      for (const lease of leases) await settle(engine, model, lease, "complete");
    }
    await look();
    const { queued, scheduled, running } = await engine.stats(queue);
    const unfinished = (await model.groups()).filter(
      ({ finishedAtMs }) => finishedAtMs === undefined,
    );
    if (queued + scheduled + running + unfinished.length === 0) break;
    time.nowMs += 31_000;
  }
  await model.finished();
  expect(await engine.audit()).toEqual([]);
}
