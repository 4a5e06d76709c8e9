/** What explanations and counts of waiting jobs say of jobs that name a model. */
import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";

const [a, b] = ["aaaa", "bbbb"] as [KeyId, KeyId];
const [first, second] = ["one", "two"] as const;
const model = "gpt-5";
const routes = [first, second].map((account) => ({ account, model: `at ${account}` }));
const failure = { reason: "PROVIDER_ERROR", message: "no", retryable: true };

async function setupModel() {
  const parts = await setup();
  await parts.engine.models.put({ name: model, routes });
  const waits = async () => {
    const { jobs, queuedByPool } = await parts.engine.waits(queue);
    return [Object.fromEntries(jobs), Object.fromEntries(queuedByPool)];
  };
  return { ...parts, waits };
}

test("explain says for every route what holds it, and nothing of accounts while a route is open", async () => {
  const { engine, job, waits } = await setupModel();
  const one = job(a, { model, estimatedTokens: 500 });
  await engine.submit([one]);
  const none = { constraints: [], failed: false };
  expect(await engine.explain(one.id)).toMatchObject({
    ...{ pool: "", model, constraints: [{ kind: "NO_FREE_WORKER", subject: model }] },
    routes: routes.map((route) => ({ ...route, ...none })),
  });
  await engine.providerAccounts.report(first, { kind: "exhausted" });
  const exhausted = { kind: "PROVIDER_EXHAUSTED", subject: first };
  expect(await engine.explain(one.id)).toMatchObject({
    constraints: [{ kind: "NO_FREE_WORKER" }],
    routes: [
      { ...routes[0], constraints: [exhausted], failed: false },
      { ...routes[1], ...none },
    ],
  });
  expect(await waits()).toEqual([{ NO_FREE_WORKER: 1 }, { [first]: 1 }]);
  await engine.providerAccounts.put({ name: second, requestsPerMinute: 1 });
  // A more urgent job takes what the second account has.
  await engine.submit([job(b, { pool: second, priority: 1 })]);
  expect(await leaseOne(engine)).toMatchObject({ job: { pool: second } });
  const found = await engine.explain(one.id);
  const used = { kind: "PROVIDER_REQUESTS", subject: second, limit: 1, used: 1, needed: 1 };
  expect(found?.constraints).toEqual([exhausted, expect.objectContaining(used)]);
  expect(found?.routes?.[1]?.constraints).toEqual([expect.objectContaining(used)]);
});

test("a job whose model has been removed waits for a route", async () => {
  const { engine, job, waits } = await setupModel();
  const one = job(a, { model });
  await engine.submit([one, job(b)]);
  await engine.models.remove(model);
  expect(await engine.explain(one.id)).toMatchObject({
    ...{ model, routes: [], constraints: [{ kind: "NO_ROUTE", subject: model }] },
  });
  expect(await waits()).toEqual([{ NO_ROUTE: 1, NO_FREE_WORKER: 1 }, { "": 2 }]);
});

test("explain shows the routes in the order of the job: an account that it has failed on comes last", async () => {
  const { engine, job } = await setupModel();
  const one = job(a, { model });
  await engine.submit([one]);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure, accountFailed: true }]);
  const found = await engine.explain(one.id);
  expect(found?.routes?.map(({ account, failed }) => [account, failed])).toEqual([
    [second, false],
    [first, true],
  ]);
});

test("jobs of a model are work for the accounts of its routes, in order, as far as each has room", async () => {
  const { engine, job } = await setupModel();
  const demand = async () =>
    Object.fromEntries(
      [...(await engine.demand([queue]))].map(([name, { runnable, running }]) => [
        name,
        [runnable, running],
      ]),
    );
  await engine.submit([
    ...Array.from({ length: 5 }, () => job(a, { model })),
    job(b, { pool: first }),
  ]);
  expect(await demand()).toEqual({ [first]: [6, 0] });
  await engine.providerAccounts.put({ name: first, maxRunning: 3 });
  // The job of the pool has nowhere else to go.
  expect(await demand()).toEqual({ [first]: [3, 0], [second]: [3, 0] });
  await engine.providerAccounts.put({ name: second, requestsPerMinute: 1 });
  expect(await demand()).toEqual({ [first]: [3, 0], [second]: [1, 0] });
  await lease(engine, 10);
  expect(await demand()).toEqual({ [first]: [0, 3], [second]: [0, 1] });
  await engine.models.remove(model);
  expect(await demand()).toEqual({ [first]: [0, 3], [second]: [0, 1] });
});
