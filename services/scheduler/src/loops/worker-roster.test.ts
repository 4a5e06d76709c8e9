import { createMetrics, metricNames } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { ConnectedWorkers } from "../session/connected-workers.ts";
import type { WorkerPresence } from "../session/worker-presence.ts";
import { startWorkerRoster } from "./worker-roster.ts";

const EVERY_MS = 1_000;

function setup() {
  const clock = new ManualClock();
  const metrics = createMetrics("scheduler");
  const connected = new ConnectedWorkers();
  const errors: unknown[] = [];
  const allWorkers = { publish: vi.fn(async () => {}), withdraw: vi.fn(async () => {}) };
  const options = {
    clock,
    everyMs: EVERY_MS,
    onError: (error: unknown) => void errors.push(error),
  };
  const loop = startWorkerRoster({ connected, allWorkers, metrics }, options);
  const add = (slots: number, pools: readonly string[] = []) => {
    const entry = { workerId: "w", queues: ["documents"], pools, slots, draining: false };
    const worker = { entry, onChanged: () => {} };
    const remove = connected.add(worker as unknown as WorkerPresence);
    const drain = () => {
      worker.entry = { ...entry, draining: true };
      worker.onChanged();
    };
    return { remove, drain };
  };
  const resting = () => vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
  const published = (times: number) =>
    vi.waitFor(() => expect(allWorkers.publish).toHaveBeenCalledTimes(times), { timeout: 20_000 });
  const slots = async () =>
    (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith(`${metricNames.connectedSlots}{`));
  return { clock, allWorkers, errors, loop, add, resting, published, slots };
}

const slotsOf = (pool: string, slots: number) =>
  `${metricNames.connectedSlots}{queue="documents",pool="${pool}"} ${slots}`;

test("publishes the workers in each round and whenever one comes, drains or leaves, and shows their slots", async () => {
  const { clock, loop, add, resting, published, slots } = setup();
  await resting();
  await published(1);
  expect(await slots()).toEqual([]);
  const first = add(4);
  await published(2);
  const second = add(2, ["openai/m"]);
  await published(3);
  expect(await slots()).toEqual([slotsOf("", 6), slotsOf("openai/m", 2)]);
  second.drain();
  await published(4);
  expect(await slots()).toEqual([slotsOf("", 4)]);
  first.remove();
  await published(5);
  expect(await slots()).toEqual([]);
  clock.advance(EVERY_MS);
  await published(6);
  await loop.close();
});

test("changes during a publication share the next one", async () => {
  const { allWorkers, loop, add, resting, published } = setup();
  await resting();
  const under = Promise.withResolvers<void>();
  allWorkers.publish.mockImplementationOnce(() => under.promise);
  add(1);
  await published(2);
  add(1);
  add(1);
  await published(2);
  under.resolve();
  await published(3);
  await loop.close();
  expect(allWorkers.publish).toHaveBeenCalledTimes(3);
});

test("reports a failed publication, goes on, and withdraws the workers at the end", async () => {
  const { allWorkers, clock, errors, loop, add, resting, published } = setup();
  await resting();
  allWorkers.publish.mockRejectedValueOnce(new Error("away"));
  add(1);
  await vi.waitFor(() => expect(errors).toEqual([new Error("away")]), { timeout: 20_000 });
  clock.advance(EVERY_MS);
  await published(3);
  await loop.close();
  expect(allWorkers.withdraw).toHaveBeenCalledOnce();
  add(1);
  expect(allWorkers.publish).toHaveBeenCalledTimes(3);
});
