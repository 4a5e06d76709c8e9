/** How often a shard asks accounts that have nothing to grant. */
import { expect, test } from "vitest";
import { LEASE_MS, queue, setup } from "../../test/setup.ts";
import type { Engine } from "../index.ts";

const accounts = ["one", "two"] as const;
const take = (engine: Engine) =>
  engine.lease({ queue, count: 1, leaseMs: LEASE_MS, workerId: "w" });

/** An engine with a job of a model whose two accounts have nothing to grant, and the waits between its leases. */
async function closedAccounts(close: (engine: Engine, account: string) => Promise<unknown>) {
  const parts = await setup();
  const { engine, job, time } = parts;
  const routes = accounts.map((account) => ({ account, model: "m" }));
  await engine.models.put({ name: "fast", routes });
  for (const account of accounts) await close(engine, account);
  await engine.submit([job("aaaa", { model: "fast" })]);
  /** Leases whenever the engine says that it may be worth while. */
  const waits = async (count: number) => {
    const found: number[] = [];
    while (found.length < count) {
      const { leases, nextDueMs } = await take(engine);
      expect(leases).toEqual([]);
      found.push((nextDueMs ?? Number.NaN) - time.nowMs);
      time.nowMs = nextDueMs ?? Number.NaN;
    }
    return found;
  };
  return { ...parts, waits };
}

const coolDown = (askedMs: number) => (engine: Engine, account: string) =>
  engine.providerAccounts.report(account, { kind: "refused", askedMs });
const exhaust = (engine: Engine, account: string) =>
  engine.providerAccounts.report(account, { kind: "exhausted" });

test("accounts that cool down are asked less and less often, and again when the cool-down is over", async () => {
  const { engine, waits } = await closedAccounts(coolDown(4_000));
  const all = await waits(8);
  expect(all).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 450]);
  expect((await take(engine)).leases).toHaveLength(1);
});

test("accounts without quota are asked once a second in the end, so that a reset elsewhere is seen", async () => {
  const { engine, another, time, waits } = await closedAccounts(exhaust);
  expect(await waits(7)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  expect((await take(engine)).leases).toEqual([]);
  await (await another()).providerAccounts.reset("two");
  time.nowMs += 999;
  expect((await take(engine)).leases).toEqual([]);
  time.nowMs += 1;
  expect((await take(engine)).leases).toMatchObject([{ route: { account: "two" } }]);
});

test("an account that is closed again long after is asked soon again", async () => {
  const { time, waits } = await closedAccounts(exhaust);
  await waits(7);
  time.nowMs += 3_600_000;
  expect(await waits(2)).toEqual([50, 100]);
});

test("accounts whose slots are taken are asked often: a slot may become free at any time", async () => {
  const { engine, job, waits } = await closedAccounts((one, name) =>
    one.providerAccounts.put({ name, maxRunning: 1 }),
  );
  for (const pool of accounts) {
    await engine.submit([job("bbbb", { pool, priority: 1 })]);
    expect((await take(engine)).leases).toHaveLength(1);
  }
  expect(await waits(4)).toEqual([50, 50, 50, 50]);
});
