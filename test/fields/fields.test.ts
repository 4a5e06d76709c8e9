import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readEach, readList, submitAgain } from "./job-ways.ts";
import { Ledger } from "./ledger.ts";
import { startLife } from "./life.ts";
import { rows } from "./rows.ts";
import type { SpecChoice } from "./specs.ts";
import { submitByGrpc, submitOtherwise } from "./submit-ways.ts";
import { ways } from "./ways.ts";
import { startWorld, type World } from "./world.ts";

const ledger = new Ledger(ways);
ledger.rows = rows;
let world: World;
let choice: SpecChoice;

beforeAll(async () => {
  world = await startWorld(ledger);
  await world.system.putQueue({ name: "fields", maxStalls: 50 });
  const upload = (text: string) => world.millrace.uploadDocument(Buffer.from(text));
  const uploaded = [await upload("The sea was calm."), await upload("The sea was rough.")];
  choice = {
    queue: "fields",
    type: "fill",
    pool: "acme/model-1",
    documentIds: uploaded.map(({ id }) => id),
  };
  await world.admin.putProviderAccount({ account: { name: choice.pool } });
});
afterEach(() => expect(ledger.takeWrong()).toEqual([]));
afterAll(() => world?.[Symbol.asyncDispose]());

test("every field of a job is stored whichever message it comes in", () =>
  submitByGrpc(world, choice));
test("every field of a job is stored that comes by HTTP, by the client or by the command", () =>
  submitOtherwise(world, choice));

test("every field of a job is shown by whatever shows it, from its submission to its end", async () => {
  const queue = "life";
  await world.system.putQueue({ name: queue, maxStalls: 50 });
  const life = await startLife(world, { ...choice, queue });
  const { later, retried, succeeded, failed, redriven, running } = life;
  const all = [later, retried, succeeded, failed, redriven, running];
  await readEach(world, all);
  await readList(world, queue, all);
  await submitAgain(world, [later, retried, succeeded, running]);
});

test("every field of every message is proved to arrive, or says why not", () => {
  expect(ledger.problems()).toEqual([]);
});
