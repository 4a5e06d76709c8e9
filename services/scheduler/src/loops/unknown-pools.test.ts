import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { startUnknownPools } from "./unknown-pools.ts";

const EVERY_MS = 1_000;
const model = (...accounts: string[]) => ({
  ...{ name: "m", routes: accounts.map((account) => ({ account, model: "m" })) },
});
type Worker = { readonly workerId: string; readonly pools: readonly string[] };

async function setup(models: ReturnType<typeof model>[], accounts: string[] = []) {
  const clock = new ManualClock();
  const workers: Worker[] = [];
  const warn = vi.fn();
  const list = vi.fn(async () => models);
  const engine = {
    models: { list },
    providerAccounts: { list: async () => accounts.map((name) => ({ account: { name } })) },
  };
  const onError = (error: unknown) => {
    throw error;
  };
  const loop = startUnknownPools(
    engine as never,
    { list: () => workers } as never,
    { warn },
    { clock, everyMs: EVERY_MS, onError },
  );
  onTestFinished(() => loop.close());
  const rested = () => vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
  await rested();
  const round = async () => {
    clock.advance(EVERY_MS);
    await rested();
  };
  return { workers, warn, list, round };
}

test("warns once of a worker whose pool is no account and is in no route", async () => {
  const { workers, warn, list, round } = await setup([model("openai/main")], ["azure/west"]);
  workers.push({ workerId: "w1", pools: ["openai/main", "azure/west", "openai/mian"] });
  await round();
  await round();
  expect(warn.mock.calls).toEqual([
    [{ workerId: "w1", pools: ["openai/mian"] }, expect.stringContaining("correct its pools")],
  ]);
  expect(list).toHaveBeenCalledTimes(1);
  workers[0] = { workerId: "w1", pools: ["openai/mian"] };
  await round();
  expect(warn).toHaveBeenCalledTimes(2);
});

test("says nothing of pools while there are no models", async () => {
  const { workers, warn, list, round } = await setup([]);
  workers.push({ workerId: "w1", pools: ["gpu"] });
  await round();
  expect(list).toHaveBeenCalledTimes(1);
  expect(warn).not.toHaveBeenCalled();
});
