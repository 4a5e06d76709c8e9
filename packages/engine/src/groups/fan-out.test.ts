import type { GroupId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { FanOut, JobSpec, Lease, QueueChange } from "../index.ts";

const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };

/** A running job that may fan out. */
async function running(spec: Partial<JobSpec> = {}, change: Partial<QueueChange> = {}) {
  const parts = await setup(change);
  const { engine, job, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(async () => {
    await audit(redis, rootPrefix);
    redis.disconnect();
  });
  await engine.submit([job("aaaa", { type: "book", ...spec })]);
  const parent = await leaseOne(engine);
  const open = async (held: Lease, change: Partial<FanOut> = {}) => {
    const outcome = await engine.openFanOut({
      ...{ jobId: held.jobId, token: held.token, ordinal: 1, planHash: "p" },
      ...{ rule: "all", maxInFlight: 0, keepSiblings: true },
      ...change,
    });
    if (outcome.kind !== "opened") throw new Error(`the fan-out was ${outcome.kind}`);
    return outcome.group.id;
  };
  const add = async (id: GroupId, from: number, to: number) => {
    const jobs: JobSpec[] = [];
    for (let index = from; index <= to; index += 1)
      jobs.push(job("aaaa", { type: "page", group: { id, index } }));
    return engine.submit(jobs);
  };
  const wait = (held: Lease, children: number) =>
    engine.settle([{ jobId: held.jobId, token: held.token, kind: "wait", children }]);
  const succeed = (leases: readonly Lease[]) =>
    engine.settle(
      leases.map(({ jobId, token }) => ({ jobId, token, kind: "complete", resultJson: '"ok"' })),
    );
  return { ...parts, redis, parent, open, add, wait, succeed };
}

test("a job that fans out holds no lease, and is leased again with its attempt's number", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  const id = await open(parent);
  await add(id, 1, 2);
  expect(await wait(parent, 2)).toEqual([{ kind: "settled", state: "WAITING" }]);
  expect(await stateOf(engine, parent.jobId)).toBe("WAITING");
  const children = await lease(engine, 10);
  expect(children.map(({ job }) => job.type)).toEqual(["page", "page"]);
  await succeed(children);
  const again = await leaseOne(engine);
  expect(again).toMatchObject({ jobId: parent.jobId, attempt: 1, job: { childGroups: [id] } });
  expect(again.token).toBeGreaterThan(parent.token);
  expect(await engine.readChildren(again, 1, 0, 10)).toMatchObject({
    ...{ kind: "read", group: { state: "SUCCEEDED", parentId: parent.jobId } },
    children: [{ state: "SUCCEEDED", resultJson: '"ok"' }, { state: "SUCCEEDED" }],
  });
  expect(await engine.readChildren(parent, 1, 0, 10)).toEqual({ kind: "leaseLost" });
  await succeed([again]);
});

test("a queue that restricts its types takes the children of a fan-out", async () => {
  const { engine, job, parent, open, add } = await running({}, { types: ["book"] });
  const id = await open(parent);
  expect(await add(id, 1, 1)).toEqual([{ kind: "accepted" }]);
  expect(await engine.submit([job("aaaa", { type: "page" })])).toEqual([{ kind: "unknownType" }]);
});

test("a child of a fan-out is redriven, although the queue restricts its types", async () => {
  const { engine, parent, open, add, wait } = await running({}, { types: ["book"] });
  const id = await open(parent);
  await add(id, 1, 1);
  await wait(parent, 1);
  const child = await leaseOne(engine);
  await engine.settle([{ ...child, kind: "fail", state: "FAILED", failure }]);
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 1, refused: 0, gone: 0 });
  expect(await lease(engine, 10)).toMatchObject([
    { jobId: parent.jobId },
    { job: { type: "page", redrivenFrom: child.jobId } },
  ]);
});

test("an attempt that died while it added children finds them again", async () => {
  const { engine, time, parent, open, add, wait, succeed } = await running();
  const id = await open(parent);
  await add(id, 1, 2);
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  const children = await lease(engine, 10);
  const again = children.find(({ jobId }) => jobId === parent.jobId) as Lease;
  expect(await open(again)).toBe(id);
  const outcomes = await add(id, 1, 3);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["existing", "existing", "accepted"]);
  await succeed(children.filter(({ jobId }) => jobId !== parent.jobId));
  expect(await wait(again, 2)).toEqual([{ kind: "invalid", argument: "children" }]);
  await wait(again, 3);
  await succeed(await lease(engine, 10));
  expect((await leaseOne(engine)).jobId).toBe(parent.jobId);
});

test("children that end before the attempt waits are counted", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  const id = await open(parent);
  await add(id, 1, 1);
  await succeed(await lease(engine, 1));
  await wait(parent, 1);
  expect(await stateOf(engine, parent.jobId)).toBe("QUEUED");
});

test("a fan-out without children goes on at once", async () => {
  const { engine, parent, open, wait } = await running();
  const id = await open(parent);
  await wait(parent, 0);
  expect(await leaseOne(engine)).toMatchObject({ jobId: parent.jobId });
  expect((await engine.getGroups([id]))[0]).toMatchObject({ state: "SUCCEEDED", total: 0 });
});

test("a plan that differs replaces a fan-out that nobody waited for", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  const first = await open(parent);
  await add(first, 1, 2);
  const second = await open(parent, { planHash: "q" });
  expect(second).not.toBe(first);
  await add(second, 1, 1);
  await wait(parent, 1);
  while ((await engine.tendGroups(queue, 10)).more);
  expect((await engine.getGroups([first]))[0]).toMatchObject({ state: "CANCELLED", cancelled: 2 });
  await succeed(await lease(engine, 5));
  const again = await leaseOne(engine);
  const differs = { ...again, ordinal: 1, planHash: "r", rule: "all" as const, maxInFlight: 0 };
  expect(await engine.openFanOut({ ...differs, keepSiblings: true })).toEqual({ kind: "differs" });
  expect(await open(again, { planHash: "q" })).toBe(second);
});

test("fan-outs follow one another", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  await add(await open(parent), 1, 1);
  await wait(parent, 1);
  await succeed(await lease(engine, 1));
  const again = await leaseOne(engine);
  const second = await open(again, { ordinal: 2, planHash: "second" });
  await add(second, 1, 1);
  await wait(again, 1);
  await succeed(await lease(engine, 1));
  expect((await leaseOne(engine)).job.childGroups).toHaveLength(2);
});

test("a job that waits for its second fan-out does not go on because of its first", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  const first = await open(parent, { rule: 50 });
  await add(first, 1, 2);
  await wait(parent, 2);
  const [bad, ...good] = await lease(engine, 2);
  if (!bad) throw new Error("a child must be next");
  await engine.settle([{ ...bad, kind: "fail", state: "FAILED", failure }]);
  await succeed(good);
  const again = await leaseOne(engine);
  await add(await open(again, { ordinal: 2, planHash: "second" }), 1, 1);
  await wait(again, 1);
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  await engine.deadLetters.redrive(letters);
  const children = await lease(engine, 5);
  await succeed(children.filter(({ job }) => job.group?.id === first || job.redrivenFrom));
  expect(await stateOf(engine, parent.jobId)).toBe("WAITING");
  await succeed(children.filter(({ job }) => !job.redrivenFrom));
  expect((await leaseOne(engine)).jobId).toBe(parent.jobId);
});

test("a child that fails fails the group, and its parent goes on and is told", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  const id = await open(parent, { rule: 50 });
  await add(id, 1, 2);
  await wait(parent, 2);
  const [bad, ...good] = await lease(engine, 2);
  if (!bad) throw new Error("a child must be next");
  await engine.settle([{ ...bad, kind: "fail", state: "FAILED", failure }]);
  await succeed(good);
  const again = await leaseOne(engine);
  expect(await engine.readChildren(again, 1, 0, 10)).toMatchObject({
    group: { state: "SUCCEEDED", failed: 1 },
    children: [{ state: "FAILED", failure }, { state: "SUCCEEDED" }],
  });
});

test.each([
  ["cancelled", "CANCELLED"],
  ["past its deadline", "EXPIRED"],
])("when a waiting parent is %s, its children are cancelled", async (how, state) => {
  const { engine, time, parent, open, add, wait } = await running({
    deadlineMs: 1_764_000_000_000 + 60_000,
  });
  const id = await open(parent);
  await add(id, 1, 2);
  await wait(parent, 2);
  if (how === "cancelled") await engine.cancel(parent.jobId, "");
  else {
    time.nowMs += 60_000;
    await engine.reap(queue, 10);
  }
  expect(await stateOf(engine, parent.jobId)).toBe(state);
  while ((await engine.tendGroups(queue, 10)).more);
  expect((await engine.getGroups([id]))[0]?.state).toMatch(/CANCELLED|EXPIRED/);
});

test("an attempt that fails for good cancels what it fanned out", async () => {
  const { engine, parent, open, add } = await running();
  const id = await open(parent);
  await add(id, 1, 2);
  await engine.settle([{ ...parent, kind: "fail", state: "FAILED", failure }]);
  while ((await engine.tendGroups(queue, 10)).more);
  expect((await engine.getGroups([id]))[0]).toMatchObject({ state: "CANCELLED", cancelled: 2 });
});

test("a requested cancellation comes before waiting", async () => {
  const { engine, parent, open, wait } = await running();
  await open(parent);
  await engine.cancel(parent.jobId, "enough");
  expect(await wait(parent, 0)).toEqual([{ kind: "settled", state: "CANCELLED" }]);
});

test("the latest start of a job does not end it while it waits or after", async () => {
  const { engine, time, parent, open, add, wait, succeed } = await running({
    expiresAtMs: 1_764_000_000_000 + 1_000,
  });
  await add(await open(parent), 1, 1);
  await wait(parent, 1);
  time.nowMs += 2_000;
  await engine.reap(queue, 10);
  await succeed(await lease(engine, 1));
  expect(await leaseOne(engine)).toMatchObject({ jobId: parent.jobId });
});

test("children may fan out themselves", async () => {
  const { engine, parent, open, add, wait, succeed } = await running();
  await add(await open(parent), 1, 1);
  await wait(parent, 1);
  const child = await leaseOne(engine);
  await add(await open(child), 1, 1);
  await wait(child, 1);
  await succeed([await leaseOne(engine)]);
  await succeed([await leaseOne(engine)]);
  expect((await leaseOne(engine)).jobId).toBe(parent.jobId);
});

test("a checkpoint is given to the next attempts, and a lost lease saves none", async () => {
  const { engine, time, parent } = await running();
  expect(await engine.saveCheckpoint(parent, '{"page":1}')).toBe(true);
  expect(await engine.saveCheckpoint(parent, '{"page":20}')).toBe(true);
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  expect(await engine.saveCheckpoint(parent, "{}")).toBe(false);
  expect(await leaseOne(engine)).toMatchObject({ job: { checkpointJson: '{"page":20}' } });
});

test("nobody fans out with a lost lease", async () => {
  const { engine, time, parent } = await running();
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  const options = { rule: "all" as const, maxInFlight: 0, keepSiblings: true };
  const fanOut = { ...options, ...parent, ordinal: 1, planHash: "p" };
  expect(await engine.openFanOut(fanOut)).toEqual({ kind: "leaseLost" });
});
