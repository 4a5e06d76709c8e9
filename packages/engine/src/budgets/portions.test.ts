import { type KeyId, newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import { LEASE_MS, setup } from "../../test/setup.ts";
import type { KeyBudget } from "../index.ts";

const key = "aaaa" as KeyId;
const complete = { kind: "complete", resultJson: "1" } as const;
type Name = "documents" | "mail" | "video";

/** Two queues, and jobs of one key in them. */
async function world(budget: KeyBudget, names: readonly Name[] = ["documents", "mail"]) {
  const { engine, another, time, job: spec } = await setup();
  for (const name of names.slice(1)) await engine.defineQueue({ name: name as QueueName });
  await engine.keyBudgets.set(key, budget);
  let made = 0;
  const submit = (name: Name, count: number, estimatedTokens?: number) =>
    engine.submit(
      Array.from({ length: count }, () => {
        made += 1;
        const id = newJobId(name as QueueName, key, time.nowMs + made, systemRandom);
        return {
          ...spec(key),
          id,
          ...(estimatedTokens === undefined ? {} : { estimatedTokens }),
        };
      }),
    );
  const lease = async (name: Name, count: number, one = engine) =>
    (await one.lease({ queue: name as QueueName, count, leaseMs: LEASE_MS, workerId: "w" })).leases;
  /** Leases again and again, as schedulers do, until nothing more comes for three seconds. */
  const leaseAll = async (name: Name) => {
    let all = 0;
    for (let tries = 0; tries < 12; tries += 1) {
      all += (await lease(name, 100)).length;
      time.nowMs += 250;
    }
    return all;
  };
  return { engine, another, time, submit, lease, leaseAll };
}

test("the first lease of a key in a queue gets all of its budget there, in one call", async () => {
  const { submit, lease } = await world({ requestsPerMinute: 10 });
  await submit("documents", 20);
  expect(await lease("documents", 100)).toHaveLength(10);
  await submit("mail", 20);
  expect(await lease("mail", 100)).toEqual([]);
});

test("what one queue has not used, another one gets at once", async () => {
  const { submit, lease } = await world({ requestsPerMinute: 10 });
  await submit("documents", 6);
  expect(await lease("documents", 100)).toHaveLength(6);
  await submit("mail", 20);
  expect(await lease("mail", 100)).toHaveLength(4);
  await submit("documents", 20);
  expect(await lease("documents", 100)).toEqual([]);
});

test("a limit on running jobs holds over all queues, and a job that ends in one makes room in the other", async () => {
  const { engine, submit, lease, leaseAll } = await world({ maxRunning: 3 });
  await submit("documents", 3);
  const running = await lease("documents", 100);
  expect(running).toHaveLength(3);
  await submit("mail", 5);
  expect(await lease("mail", 100)).toEqual([]);
  await engine.settle(running.slice(0, 2).map((one) => ({ ...one, ...complete })));
  expect(await leaseAll("mail")).toBe(2);
});

test("a saturated key uses its whole limit, and shares it between the queues where it waits", async () => {
  const { submit, lease, time } = await world({ requestsPerMinute: 60 });
  await submit("documents", 1_000);
  await submit("mail", 1_000);
  const starts: [name: Name, atMs: number][] = [];
  const startMs = time.nowMs;
  while (time.nowMs < startMs + 300_000) {
    for (const name of ["documents", "mail"] as const) {
      for (const _ of await lease(name, 100)) starts.push([name, time.nowMs]);
    }
    time.nowMs += 500;
  }
  const fullest = Math.max(
    ...starts.map(([, from]) => starts.filter(([, at]) => at >= from && at < from + 60_000).length),
  );
  expect(fullest).toBeLessThanOrEqual(60);
  const later = starts.filter(([, at]) => at >= startMs + 120_000);
  expect(later.length).toBeGreaterThanOrEqual(0.95 * 60 * 3);
  const share = later.filter(([name]) => name === "mail").length / later.length;
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.6);
});

test("a queue that has nothing to do any more leaves the budget to the other as its use stops counting", async () => {
  const { submit, leaseAll, time } = await world({ tokensPerMinute: 1_000 });
  await submit("documents", 10, 100);
  expect(await leaseAll("documents")).toBe(10);
  await submit("mail", 30, 100);
  expect(await leaseAll("mail")).toBe(0);
  time.nowMs += 61_000;
  expect(await leaseAll("mail")).toBe(10);
});

test("a job that needs more than an equal share gets it, in either queue", async () => {
  const { submit, lease, time } = await world({ tokensPerMinute: 1_000 });
  await submit("documents", 50, 800);
  await submit("mail", 50, 800);
  const started = { documents: 0, mail: 0, video: 0 };
  for (let turn = 0; turn < 2_400; turn += 1) {
    for (const name of ["documents", "mail"] as const) {
      started[name] += (await lease(name, 5)).length;
    }
    time.nowMs += 250;
  }
  // Ten minutes, and one such job in each.
  expect(started.documents + started.mail).toBeGreaterThanOrEqual(8);
  expect(started.documents + started.mail).toBeLessThanOrEqual(10);
  expect(Math.min(started.documents, started.mail)).toBeGreaterThanOrEqual(3);
}, 60_000);

test("with one running job allowed, three queues take turns", async () => {
  const names = ["documents", "mail", "video"] as const;
  const { engine, submit, lease, time } = await world({ maxRunning: 1 }, names);
  for (const name of names) await submit(name, 40);
  const started = { documents: 0, mail: 0, video: 0 };
  for (let turn = 0; turn < 400; turn += 1) {
    const leased = [];
    for (const name of names) {
      const some = await lease(name, 5);
      started[name] += some.length;
      leased.push(...some);
    }
    expect(leased.length).toBeLessThanOrEqual(1);
    await engine.settle(leased.map((one) => ({ ...one, ...complete })));
    time.nowMs += 100;
  }
  expect(Math.min(...Object.values(started))).toBeGreaterThanOrEqual(5);
});

test("a lower limit holds over all queues from the next lease on, and a higher one is used at once", async () => {
  const { engine, submit, lease, leaseAll, time } = await world({ requestsPerMinute: 20 });
  await submit("documents", 3);
  await submit("mail", 3);
  expect(await leaseAll("documents")).toBe(3);
  expect(await leaseAll("mail")).toBe(3);
  await engine.keyBudgets.set(key, { requestsPerMinute: 8 });
  await submit("documents", 30);
  await submit("mail", 30);
  const more = (await lease("documents", 50)).length + (await lease("mail", 50)).length;
  time.nowMs += 3_000;
  expect(more + (await leaseAll("documents")) + (await leaseAll("mail"))).toBe(2);
  await engine.keyBudgets.set(key, { requestsPerMinute: 30 });
  const rest = (await leaseAll("documents")) + (await leaseAll("mail"));
  expect(rest).toBe(22);
});

test("without limits nothing is asked, and removed limits hold nothing", async () => {
  const { engine, submit, lease } = await world({ requestsPerMinute: 1 });
  await submit("documents", 5);
  await submit("mail", 5);
  expect(await lease("documents", 50)).toHaveLength(1);
  await engine.keyBudgets.set(key, undefined);
  expect(await lease("documents", 50)).toHaveLength(4);
  expect(await lease("mail", 50)).toHaveLength(5);
});

test("every scheduler leases within the same budget", async () => {
  const { another, engine, submit, lease } = await world({ requestsPerMinute: 10 });
  const other = await another();
  await submit("documents", 50);
  await submit("mail", 50);
  const asked = [
    ...[lease("documents", 50), lease("mail", 50, other)],
    ...[lease("documents", 50, other), lease("mail", 50)],
  ];
  const started = (await Promise.all(asked)).flat();
  expect(started.length).toBeLessThanOrEqual(10);
  expect(await engine.audit()).toEqual([]);
});

test("an explanation counts what the key uses in other queues", async () => {
  const { engine, submit, lease, time } = await world({ requestsPerMinute: 5, maxRunning: 9 });
  await submit("documents", 5);
  expect(await lease("documents", 9)).toHaveLength(5);
  await submit("mail", 1);
  expect(await lease("mail", 9)).toEqual([]);
  const { jobs } = await engine.listJobs({ keyId: key, queue: "mail" as QueueName, pageSize: 1 });
  const [waiting] = jobs;
  if (waiting === undefined) throw new Error("no job waits");
  expect((await engine.explain(waiting.id))?.constraints).toEqual([
    {
      ...{ kind: "KEY_REQUESTS", subject: key, limit: 5, used: 5, needed: 1 },
      clearMs: (Math.floor(time.nowMs / 1_000) + 61) * 1_000,
    },
  ]);
  expect((await engine.waits("mail" as QueueName)).jobs.get("KEY_REQUESTS")).toBe(1);
});

test("a lease that has waited for its portion reserves as of the time after it", async () => {
  const { engine, submit, lease, time } = await world({ requestsPerMinute: 10 });
  await submit("documents", 1);
  const startMs = time.nowMs;
  let reads = 0;
  // Each look at the clock comes a second later, as on a machine that is busy.
  Object.defineProperty(time, "nowMs", { get: () => startMs + 1_000 * reads++ });
  const [leased] = await lease("documents", 1);
  const reserved = await engine.keyBudgets.use([key]);
  expect(reserved.get(key)).toHaveLength(1);
  // One look for the first call, and at least one for the report.
  expect((leased?.expiresAtMs ?? 0) - LEASE_MS).toBeGreaterThanOrEqual(startMs + 2_000);
});

test("what a key has used in several queues before it got its limits counts against them", async () => {
  const { engine, submit, lease, leaseAll } = await world({ weight: 2 });
  await submit("documents", 4);
  await submit("mail", 4);
  await lease("documents", 4);
  await lease("mail", 4);
  await engine.keyBudgets.set(key, { requestsPerMinute: 10 });
  await submit("documents", 9);
  expect(await leaseAll("documents")).toBe(2);
});
