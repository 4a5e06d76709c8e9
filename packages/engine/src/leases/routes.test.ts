/** Which route of its model a job takes, and what happens to it when an account has no room, fails or is gone. */
import type { JobId, KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { Engine, Lease, LeaseRequest, Settlement } from "../index.ts";

const [first, second, third] = ["one", "two", "three"] as const;
const model = "gpt-5";
const failure = { reason: "PROVIDER_ERROR", message: "no", retryable: true };

const routesTo = (...accounts: string[]) => ({
  name: model,
  routes: accounts.map((account) => ({ account, model: `gpt-5 at ${account}` })),
});

/** An engine with a model of three routes. */
async function setupRoutes(change: Parameters<typeof setup>[0] = {}) {
  const parts = await setup(change);
  await parts.engine.models.put(routesTo(first, second, third));
  return parts;
}

const take = async (engine: Engine, request: Partial<LeaseRequest> = {}) =>
  engine.lease({ queue, count: 10, leaseMs: LEASE_MS, workerId: "w1", ...request });

const accountsOf = (leases: readonly Lease[]) => leases.map(({ route }) => route?.account);

const complete = (held: Lease, tokens?: number): Settlement => ({
  ...{ ...held, kind: "complete", resultJson: "1" },
  ...(tokens === undefined
    ? {}
    : { usage: { inputTokens: tokens, outputTokens: 0, providerCalls: 1 } }),
});

test("a job of a model takes the first route, and says which", async () => {
  const { engine, job } = await setupRoutes();
  const [one] = [job("aaaa", { model })];
  await engine.submit([one]);
  const held = await leaseOne(engine);
  const route = { account: first, model: `gpt-5 at ${first}` };
  expect(held).toMatchObject({ jobId: one.id, route, job: { model, route } });
  expect(held.job.pool).toBeUndefined();
  const [adopted] = await engine.adopt([held], LEASE_MS, "w2");
  expect(adopted).toMatchObject({ kind: "adopted", lease: { route } });
  await engine.settle([complete(held)]);
  expect((await engine.getJobs([one.id]))[0]).toMatchObject({ state: "SUCCEEDED", route });
  expect(await engine.audit()).toEqual([]);
});

test("a worker takes routes only of accounts that it serves", async () => {
  const { engine, job } = await setupRoutes();
  await engine.submit([job("aaaa", { model }), job("aaaa", { model }), job("aaaa", { model })]);
  expect((await take(engine, { pools: [] })).leases).toEqual([]);
  expect((await take(engine, { pools: ["other", "gpu"] })).leases).toEqual([]);
  expect(accountsOf((await take(engine, { pools: [third], count: 1 })).leases)).toEqual([third]);
  expect(accountsOf((await take(engine, { pools: [third, second] })).leases)).toEqual([
    second,
    second,
  ]);
});

test("when the first account has no room, jobs take the next one, and wait when no account has any", async () => {
  const { engine, job, time } = await setupRoutes();
  await engine.providerAccounts.put({ name: first, maxRunning: 2 });
  await engine.providerAccounts.put({ name: second, requestsPerMinute: 1 });
  await engine.providerAccounts.put({ name: third, tokensPerMinute: 2_500 });
  await engine.submit(Array.from({ length: 7 }, () => job("aaaa", { model })));
  const taken = await take(engine);
  expect(accountsOf(taken.leases)).toEqual([first, first, second, third, third]);
  // The waiting jobs are looked at again when the first of the accounts may have room.
  expect(taken.nextDueMs).toBe(time.nowMs + 50);
  expect((await engine.stats(queue)).queued).toBe(2);
  expect(await engine.audit()).toEqual([]);
  const [held] = taken.leases;
  await engine.settle([complete(held as Lease)]);
  expect(accountsOf((await take(engine)).leases)).toEqual([first]);
  time.nowMs += 62_000;
  expect(accountsOf((await take(engine)).leases)).toEqual([second]);
});

test("a job that needs more than an account has left takes another route, and one of a pool waits", async () => {
  const { engine, job } = await setupRoutes();
  await engine.providerAccounts.put({ name: first, tokensPerMinute: 10_000 });
  const big = { estimatedTokens: 6_000 };
  await engine.submit([job("aaaa", { pool: first, ...big }), job("aaaa", { pool: first, ...big })]);
  expect(await lease(engine, 2)).toHaveLength(1);
  await engine.submit([job("aaaa", { model, ...big })]);
  expect(accountsOf(await lease(engine, 5))).toEqual([second]);
});

test.each([
  ["refused", "COOLING_DOWN"],
  ["exhausted", "EXHAUSTED"],
] as const)(
  "an account that was %s holds no job that another route can run",
  async (kind, state) => {
    const { engine, job, time } = await setupRoutes();
    await engine.providerAccounts.report(first, { kind, askedMs: 60_000 });
    expect(await engine.providerAccounts.get(first)).toMatchObject({ state });
    await engine.submit([
      job("aaaa", { model }),
      job("bbbb", { model }),
      job("aaaa", { pool: first }),
    ]);
    expect(accountsOf((await take(engine)).leases)).toEqual([second, second]);
    // The job of the pool waits alone.
    expect((await engine.stats(queue)).queued).toBe(1);
    await engine.providerAccounts.reset(first);
    time.nowMs += 50;
    await engine.submit([job("cccc", { model })]);
    const { leases } = await take(engine);
    const used = leases.map(({ route, job }) => `${job.pool} ${route?.account}`);
    expect(used.sort()).toEqual([`${first} undefined`, `undefined ${first}`]);
  },
);

test("after a cool-down one job probes the first account, and the others take other routes", async () => {
  const { engine, job, time } = await setupRoutes();
  await engine.providerAccounts.report(first, { kind: "refused", askedMs: 5_000 });
  time.nowMs += 5_000;
  await engine.submit([job("aaaa", { model }), job("bbbb", { model }), job("cccc", { model })]);
  const { leases } = await take(engine);
  expect(accountsOf(leases)).toEqual([first, second, second]);
  time.nowMs += 2_000;
  await engine.settle([complete(leases[0] as Lease)]);
  await engine.submit([job("aaaa", { model }), job("bbbb", { model })]);
  expect(accountsOf((await take(engine)).leases)).toEqual([first, first]);
  expect(await engine.providerAccounts.get(first)).toMatchObject({ state: "CLOSED" });
});

test("after a failure on an account the job tries the others first, at once, and that account at the end", async () => {
  const { engine, job, time } = await setupRoutes();
  const one = job("aaaa", { model, maxAttempts: 9 });
  await engine.submit([one]);
  const tried: (string | undefined)[] = [];
  const states: (string | undefined)[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const held = await leaseOne(engine);
    tried.push(held.route?.account);
    await engine.settle([{ ...held, kind: "retry", delayMs: 4_000, failure, accountFailed: true }]);
    states.push(await stateOf(engine, one.id));
    if (states.at(-1) === "SCHEDULED") time.nowMs += 4_000;
  }
  expect(tried).toEqual([first, second, third, first, second]);
  expect(states).toEqual(["QUEUED", "QUEUED", "SCHEDULED", "SCHEDULED", "SCHEDULED"]);
  // Another job of the model begins with the first route.
  await engine.submit([job("bbbb", { model })]);
  expect(accountsOf((await take(engine)).leases)).toContain(first);
});

test("a refusal spends no attempt, and the job takes another route at once", async () => {
  const { engine, job } = await setupRoutes();
  await engine.submit([job("aaaa", { model })]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "bounce", delayMs: 3_000, failure, accountFailed: true }]);
  const again = await leaseOne(engine);
  expect(again).toMatchObject({ attempt: 1, route: { account: second } });
  // A failure that is not the account's keeps the route and the delay.
  await engine.settle([{ ...again, kind: "retry", delayMs: 3_000, failure }]);
  expect(await stateOf(engine, again.jobId)).toBe("SCHEDULED");
});

test("an account that a job has failed on is used again if no other route is open", async () => {
  const { engine, job } = await setupRoutes();
  await engine.models.put(routesTo(first, second));
  await engine.submit([job("aaaa", { model })]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure, accountFailed: true }]);
  await engine.providerAccounts.report(second, { kind: "exhausted" });
  expect(accountsOf((await take(engine)).leases)).toEqual([first]);
});

test("a job that has failed on the first account takes the third if the second has no room", async () => {
  const { engine, job } = await setupRoutes();
  await engine.submit([job("aaaa", { model })]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure, accountFailed: true }]);
  await engine.providerAccounts.report(second, { kind: "exhausted" });
  expect(accountsOf((await take(engine)).leases)).toEqual([third]);
});

test("an attempt is settled at the account of its route, whatever has become of the model", async () => {
  const { engine, job, time } = await setupRoutes();
  for (const name of [first, second])
    await engine.providerAccounts.put({ name, maxRunning: 1, tokensPerMinute: 10_000 });
  await engine.submit([1, 2].map(() => job("aaaa", { model, estimatedTokens: 1_000 })));
  const [one, two] = await lease(engine, 2);
  expect(accountsOf([one as Lease, two as Lease])).toEqual([first, second]);
  await engine.models.remove(model);
  await engine.settle([complete(one as Lease, 300), { ...(two as Lease), kind: "release" }]);
  time.nowMs += 1_000;
  await engine.syncPolicy();
  const used = async (name: string) => {
    const { running, requestsUsed, tokensUsed } = (await engine.providerAccounts.get(name)) ?? {};
    return { running, requestsUsed, tokensUsed };
  };
  expect(await used(first)).toEqual({ running: 0, requestsUsed: 1, tokensUsed: 300 });
  expect(await used(second)).toEqual({ running: 0, requestsUsed: 0, tokensUsed: 0 });
  const day = Math.floor(time.nowMs / 86_400_000);
  const usage = await engine.usageOfDay(day, "aaaa" as KeyId);
  expect(usage.map(({ pool, attempts }) => [pool, attempts]).sort()).toEqual([
    [first, 1],
    [second, 1],
  ]);
  expect(await engine.audit()).toEqual([]);
});

test("waiting jobs follow the catalogue: they wait while it has no such model, and take new routes", async () => {
  const { engine, job } = await setupRoutes();
  const one = job("aaaa", { model });
  await engine.submit([one, job("aaaa")]);
  await engine.models.remove(model);
  expect((await take(engine)).leases).toHaveLength(1);
  expect(await stateOf(engine, one.id)).toBe("QUEUED");
  await engine.models.put(routesTo("four"));
  expect(accountsOf((await take(engine, { pools: ["four"] })).leases)).toEqual(["four"]);
});

test("a lost worker settles at the account of the route, and the job begins with the first route again", async () => {
  const { engine, job, time } = await setupRoutes();
  await engine.providerAccounts.put({ name: first, maxRunning: 1 });
  await engine.submit([job("aaaa", { model })]);
  await leaseOne(engine);
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  expect(await leaseOne(engine)).toMatchObject({ route: { account: first } });
  expect(await engine.audit()).toEqual([]);
});

test("a job that no account can run holds no job of another model behind it, and keeps its place", async () => {
  const { engine, job } = await setupRoutes();
  await engine.models.put({ name: "other", routes: [{ account: "four", model: "x" }] });
  await engine.providerAccounts.report("four", { kind: "exhausted" });
  const blocked = [job("aaaa", { model: "other" }), job("aaaa", { model: "other" })];
  const open = [job("aaaa", { model }), job("aaaa", { model })];
  const [b1, b2, o1, o2] = [...blocked, ...open];
  await engine.submit([b1, o1, b2, o2].flatMap((one) => one ?? []));
  const idsOf = (leases: readonly Lease[]) => leases.map(({ jobId }) => jobId);
  expect(idsOf(await lease(engine, 1))).toEqual([o1?.id]);
  expect(await engine.audit()).toEqual([]);
  expect(await engine.explain(b1?.id as JobId)).toMatchObject({
    ...{ state: "QUEUED", model: "other", constraints: [{ kind: "PROVIDER_EXHAUSTED" }] },
  });
  // The first of these was put aside. The second one is behind it, although it waits elsewhere.
  await engine.providerAccounts.reset("four");
  const taken = idsOf(await lease(engine, 3));
  expect(taken.filter((id) => id !== o2?.id)).toEqual([b1?.id, b2?.id]);
  expect((await engine.stats(queue)).queued).toBe(0);
  expect(await engine.audit()).toEqual([]);
});

test("a job that was put aside can be cancelled, and another worker takes the rest", async () => {
  const { engine, job } = await setupRoutes();
  await engine.models.put({ name: "other", routes: [{ account: "four", model: "x" }] });
  const jobs = [
    job("aaaa", { model: "other" }),
    job("aaaa", { model: "other" }),
    job("aaaa", { model }),
  ];
  await engine.submit(jobs);
  // This worker serves only the last one.
  expect(accountsOf((await take(engine, { pools: [first] })).leases)).toEqual([first]);
  expect(await engine.cancel(jobs[0]?.id as JobId, "enough")).toMatchObject({ kind: "cancelled" });
  expect(await engine.audit()).toEqual([]);
  expect((await engine.stats(queue)).queued).toBe(1);
  expect((await take(engine, { pools: ["four"] })).leases.map(({ jobId }) => jobId)).toEqual([
    jobs[1]?.id,
  ]);
  expect(await engine.audit()).toEqual([]);
});

test("workers of different accounts share the jobs of a key, each in the order of arrival", async () => {
  const { engine, job } = await setup();
  const names = ["a", "b", "c"];
  for (const name of names)
    await engine.models.put({ name, routes: [{ account: name, model: "x" }] });
  const jobs = Array.from({ length: 12 }, (_, at) =>
    job("aaaa", { model: names[at % 3] as string }),
  );
  await engine.submit(jobs);
  const taken: Record<string, JobId[]> = { a: [], b: [], c: [] };
  for (let round = 0; round < 4; round += 1) {
    for (const name of names) {
      const { leases } = await take(engine, { pools: [name], count: 1 });
      taken[name]?.push(...leases.map(({ jobId }) => jobId));
      expect(await engine.audit()).toEqual([]);
    }
  }
  for (const [at, name] of names.entries()) {
    expect(taken[name]).toEqual(jobs.filter((_, index) => index % 3 === at).map(({ id }) => id));
  }
});

test("more classes than a lease reads are no obstacle: a worker finds the models of its accounts", async () => {
  const { engine, job } = await setup();
  const names = Array.from({ length: 70 }, (_, index) => `m${index}`);
  for (const [index, name] of names.entries()) {
    await engine.models.put({ name, routes: [{ account: `a${index % 10}`, model: "x" }] });
  }
  // Types are named, so that the lease looks classes up instead of reading all.
  const request = { pools: ["a3"], types: ["summarize"], count: 70 };
  await take(engine, request);
  await engine.submit(names.map((name) => job("aaaa", { model: name })));
  const { leases } = await take(engine, request);
  expect(leases.map(({ job }) => job.model).sort()).toEqual(
    names.filter((_, index) => index % 10 === 3).sort(),
  );
});

test("keys share a model by turns, whatever routes their jobs take", async () => {
  const { engine, job } = await setupRoutes();
  await engine.providerAccounts.put({ name: first, maxRunning: 3 });
  await engine.submit([
    ...Array.from({ length: 8 }, () => job("aaaa", { model })),
    ...Array.from({ length: 8 }, () => job("bbbb", { model })),
  ]);
  const leases = await lease(engine, 8);
  const ofKey = (key: string) => leases.filter(({ jobId }) => jobId.includes(`~${key}~`)).length;
  expect([ofKey("aaaa"), ofKey("bbbb")]).toEqual([4, 4]);
});
