import { expect, test } from "vitest";
import { slotsByPool } from "./slots-by-pool.ts";
import { type ServingWorker, whoServes, whoServesModel } from "./who-serves.ts";

const worker = (change: Partial<ServingWorker> = {}): ServingWorker => ({
  ...{ queues: ["documents"], pools: ["gpu"], types: ["summarize"], slots: 4, running: 1 },
  draining: false,
  ...change,
});
const needs = { queue: "documents", pool: "gpu", type: "summarize" };

test.each<[string, readonly ServingWorker[], keyof typeof needs]>([
  ["no worker is connected", [], "queue"],
  ["all serve other queues", [worker({ queues: ["mail"] })], "queue"],
  ["the only one drains", [worker({ draining: true })], "queue"],
  ["none serves its pool", [worker({ pools: [] }), worker({ queues: ["mail"] })], "pool"],
  [
    "those of its pool serve other types",
    [worker({ types: ["chat"] }), worker({ pools: ["cpu"] })],
    "type",
  ],
])("says what nobody serves: %s", (_, workers, missing) => {
  expect(whoServes(workers, needs)).toMatchObject({
    ...{ kind: "nobody", missing, subject: needs[missing] },
  });
});

test("counts the workers that serve a job, and their slots", () => {
  const workers = [
    worker(),
    worker({ types: [], running: 4 }),
    worker({ pools: ["cpu"] }),
    worker({ types: ["chat"] }),
  ];
  const expected = { kind: "somebody", workers: 2, slots: 8, running: 5 };
  expect(whoServes(workers, needs)).toEqual(expected);
  // Every worker of the queue serves jobs without a pool.
  expect(whoServes(workers, { ...needs, pool: "" })).toMatchObject({ workers: 3 });
});

test("adds up slots by queue and pool, without workers that drain", () => {
  const workers = [
    worker({ queues: ["documents", "mail"], slots: 2 }),
    worker({ pools: ["gpu", "gpu", "cpu"], slots: 3 }),
    worker({ slots: 100, draining: true }),
  ];
  expect(slotsByPool(workers)).toEqual([
    { queue: "documents", pool: "", slots: 5 },
    { queue: "documents", pool: "gpu", slots: 5 },
    { queue: "mail", pool: "", slots: 2 },
    { queue: "mail", pool: "gpu", slots: 2 },
    { queue: "documents", pool: "cpu", slots: 3 },
  ]);
});

test.each<[string, readonly ServingWorker[], "queue" | "model" | "type"]>([
  ["no worker is connected", [], "queue"],
  ["none serves an account", [worker({ pools: ["cpu"] })], "model"],
  ["those of its accounts serve other types", [worker({ types: ["chat"] })], "type"],
])("says what nobody serves of a job's model: %s", (_, workers, missing) => {
  const model = { queue: "documents", type: "summarize", model: "fast", accounts: ["tpu", "gpu"] };
  const subject = { queue: "documents", model: "fast", type: "summarize" }[missing];
  expect(whoServesModel(workers, model)).toEqual({ kind: "nobody", missing, subject });
});

test("counts the workers of any account of a model, each once", () => {
  const workers = [
    worker({ pools: ["gpu", "tpu"] }),
    worker({ pools: ["tpu"] }),
    worker({ pools: [] }),
  ];
  const model = { queue: "documents", type: "summarize", model: "fast" };
  expect(whoServesModel(workers, { ...model, accounts: ["gpu", "tpu"] })).toMatchObject({
    workers: 2,
  });
  // A model without a route waits for an operator, not for a worker.
  expect(whoServesModel(workers, { ...model, accounts: [] })).toMatchObject({ workers: 3 });
});
