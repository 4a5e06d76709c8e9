import { systemClock as clock, limits, systemRandom as random } from "@millrace/shared";
import { expect, test } from "vitest";
import { checkOptions } from "./check-options.ts";
import { withDefaults } from "./worker-defaults.ts";
import type { WorkerOptions } from "./worker-options.ts";
import { WorkerRefusedError } from "./worker-refused.ts";

const executorsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t-${index}`, async () => null]));

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `q-${index}`);

function problemOf(change: Partial<WorkerOptions>): string | undefined {
  const options = {
    ...{ address: "127.0.0.1:1", workerId: "w1", queues: ["documents"], slots: 1 },
    ...{ executors: executorsOf(1), clock, random },
  };
  try {
    checkOptions(withDefaults({ ...options, ...change }));
  } catch (error) {
    expect(error).toBeInstanceOf(WorkerRefusedError);
    expect(error).toMatchObject({ reason: "MALFORMED", exitCode: 78 });
    return (error as Error).message;
  }
  return undefined;
}

test.each<[string, Partial<WorkerOptions>]>([
  ["slots", { slots: limits.workerSlots }],
  ["guestSlots", { guestSlots: limits.guestSlots }],
  ["executors", { executors: executorsOf(limits.workerTypes) }],
  ["queues", { queues: namesOf(limits.workerQueues) }],
  ["pools", { pools: namesOf(limits.workerPools) }],
  ["workerId", { workerId: "w".repeat(128) }],
  ["drainOnSignal", { drainOnSignal: { graceMs: Number.POSITIVE_INFINITY } }],
])("accepts the largest %s that the contract allows", (_, change) => {
  expect(problemOf(change)).toBeUndefined();
});

test.each<[Partial<WorkerOptions>, RegExp]>([
  [{ slots: 0 }, /slots: 0 is not a whole number of 1 to 10000/],
  [{ slots: 1.5 }, /slots: 1.5/],
  [{ slots: Number.NaN }, /slots: NaN/],
  [{ slots: limits.workerSlots + 1 }, /slots: 10001/],
  [{ guestSlots: -1 }, /guestSlots: -1 is not a whole number of 0 to 100/],
  [{ guestSlots: limits.guestSlots + 1 }, /guestSlots: 101/],
  [{ executors: executorsOf(limits.workerTypes + 1) }, /executors: there are 257, .* 256/],
  [{ queues: [] }, /queues: at least 1/],
  [{ queues: namesOf(limits.workerQueues + 1) }, /queues: there are 65, .* 64/],
  [{ queues: ["Documents"] }, /queues: "Documents" must be a name: a–z first/],
  [{ pools: namesOf(limits.workerPools + 1) }, /pools: there are 65/],
  [{ pools: ["a pool"] }, /pools: "a pool" must be a pool/],
  [{ workerId: "a b" }, /workerId: "a b" must be 1 to 128 characters/],
  [{ workerId: "w".repeat(129) }, /workerId: "w+…" must be/],
  [{ address: "" }, /address: it is missing\. Give .* host:7072/],
  [{ drainOnSignal: { graceMs: -1 } }, /drainOnSignal\.graceMs: -1 is not/],
  [{ drainOnSignal: { graceMs: Number.NaN } }, /drainOnSignal\.graceMs: NaN/],
  [{ workerId: "", slots: 0 }, /workerId: "" must be .*; slots: 0/],
])("refuses %o before it connects, and says what to correct", (change, says) => {
  expect(problemOf(change)).toMatch(says);
});
