import type { Engine, QueueDefinition } from "@millrace/engine";
import type { Loop, LoopOptions, QueueName } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { startGroupTender } from "./group-tender.ts";
import { startPromoter } from "./promoter.ts";
import { startPruner } from "./pruner.ts";
import { startReaper } from "./reaper.ts";
import { startRenewFiles } from "./renew-files.ts";
import { startSchedules } from "./schedules.ts";
import { startStrays } from "./strays.ts";
import { startSubmissionLines } from "./submission-lines.ts";

const queue = { name: "documents" as QueueName } as QueueDefinition;

function setup() {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const options = { clock, everyMs: 1_000, onError: (error: unknown) => errors.push(error) };
  const resting = () => vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
  return { clock, errors, options, resting, attendedQueues: async () => [queue] };
}

test("continues a round while more is left, and starts the next after the pause and not before", async () => {
  const { clock, options, resting, attendedQueues: queues } = setup();
  const reap = vi.fn(async () => ({ reaped: [], more: reap.mock.calls.length < 3 }));
  const loop = startReaper({ attendedQueues: queues, reap }, options);
  await resting();
  expect(reap).toHaveBeenCalledTimes(3);
  clock.advance(999);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await resting();
  expect(reap).toHaveBeenCalledTimes(4);
  await loop.close();
  expect(clock.pending).toBe(0);
});

test("reports a failed round, and goes on", async () => {
  const { clock, errors, options, resting, attendedQueues: queues } = setup();
  const fault = new Error("away");
  const prune = vi.fn(async () => ({ pruned: 0, more: false })).mockRejectedValueOnce(fault);
  const loop = startPruner({ recentQueues: queues, prune }, options);
  await resting();
  expect(errors).toEqual([fault]);
  clock.advance(1_000);
  await resting();
  expect(prune).toHaveBeenCalledTimes(2);
  await loop.close();
});

type Work = (queue: QueueName) => Promise<void>;

const start: Record<
  string,
  (queues: Engine["attendedQueues"], work: Work, options: LoopOptions) => Loop
> = {
  reaper(queues, work, options) {
    const reap = async (name: QueueName) => work(name).then(() => ({ reaped: [], more: false }));
    return startReaper({ attendedQueues: queues, reap }, options);
  },
  pruner(queues, work, options) {
    const prune = async (name: QueueName) => work(name).then(() => ({ pruned: 0, more: false }));
    return startPruner({ recentQueues: queues, prune }, options);
  },
  promoter(queues, work, options) {
    const promote = async (name: QueueName) => work(name).then(() => ({ promoted: 0 }));
    return startPromoter({ attendedQueues: queues, promote }, options);
  },
  "group tender": (queues, work, options) => {
    const tendGroups = async (name: QueueName) => work(name).then(() => ({ more: false }));
    return startGroupTender({ attendedQueues: queues, tendGroups }, options);
  },
  schedules(queues, work, options) {
    const takeSchedules = async (name: QueueName) => work(name).then(() => ({ schedules: [] }));
    return startSchedules({ attendedQueues: queues, takeSchedules }, async () => {}, options);
  },
};

test.each(Object.entries(start))(
  "%s: a queue whose work fails keeps no other queue from its own",
  async (_, startLoop) => {
    const { clock, errors, options, resting } = setup();
    const names = ["first", "second", "third"] as QueueName[];
    const queues = async () => names.map((name) => ({ name }) as QueueDefinition);
    const failing = new Set<QueueName>(names.slice(0, 1));
    const done: QueueName[] = [];
    const work = async (name: QueueName) => {
      if (failing.has(name)) throw new Error(`${name} is broken`);
      done.push(name);
    };
    const loop = startLoop(queues, work, options);
    await resting();
    expect(done).toEqual(["second", "third"]);
    expect(errors).toEqual([new Error("first is broken")]);
    failing.add("third" as QueueName);
    clock.advance(1_000);
    await resting();
    expect(done).toEqual(["second", "third", "second"]);
    expect(errors.at(-1)).toMatchObject({
      message: "a loop failed for 2 queues, and tries them again",
      errors: [new Error("first is broken"), new Error("third is broken")],
    });
    failing.clear();
    clock.advance(1_000);
    await resting();
    expect(done.slice(3)).toEqual(names);
    expect(errors).toHaveLength(2);
    await loop.close();
  },
);

test("tends a queue's groups until none is due", async () => {
  const { options, resting, attendedQueues: queues } = setup();
  const tendGroups = vi.fn(async () => ({ more: tendGroups.mock.calls.length < 3 }));
  const loop = startGroupTender({ attendedQueues: queues, tendGroups }, options);
  await resting();
  expect(tendGroups).toHaveBeenCalledTimes(3);
  await loop.close();
});

test("promotes due jobs until a batch is not full", async () => {
  const { options, resting, attendedQueues: queues } = setup();
  const promote = vi.fn(async (_queue: QueueName, limit: number) => ({
    promoted: promote.mock.calls.length === 1 ? limit : limit - 1,
  }));
  const loop = startPromoter({ attendedQueues: queues, promote }, options);
  await resting();
  expect(promote).toHaveBeenCalledTimes(2);
  await loop.close();
});

test("searches for strays one step per round, with a counter that exists before the first one", async () => {
  const { clock, options, resting, attendedQueues: queues } = setup();
  const returnStrays = vi.fn(async () => []);
  const inc = vi.fn();
  const counter = { inc } as unknown as SchedulerMetrics["jobsRepaired"];
  const loop = startStrays({ recentQueues: queues, returnStrays }, counter, options);
  await resting();
  expect(returnStrays).toHaveBeenCalledExactlyOnceWith();
  expect(inc).toHaveBeenCalledExactlyOnceWith({ queue: queue.name }, 0);
  clock.advance(1_000);
  await resting();
  expect(returnStrays).toHaveBeenCalledTimes(2);
  await loop.close();
});

test("logs what keys have submitted once per round, and the rest when the scheduler stops", async () => {
  const { clock, options, resting } = setup();
  const logSubmissions = vi.fn();
  const loop = startSubmissionLines({ logSubmissions }, options);
  await resting();
  clock.advance(1_000);
  await resting();
  expect(logSubmissions).toHaveBeenCalledTimes(2);
  await loop.close();
  expect(logSubmissions).toHaveBeenCalledTimes(3);
});

test("warns once that Redis' files may not be rewritten, and keeps trying", async () => {
  const { clock, options, resting } = setup();
  const renewFiles = vi.fn(async () => ({ kind: "notAllowed", why: "NOPERM" }) as const);
  const log = { warn: vi.fn(), info: vi.fn() };
  const loop = startRenewFiles({ renewFiles }, log, options);
  await resting();
  clock.advance(1_000);
  await resting();
  expect(renewFiles).toHaveBeenCalledTimes(2);
  expect(log.warn).toHaveBeenCalledExactlyOnceWith({ why: "NOPERM" }, expect.any(String));
  expect(log.info).not.toHaveBeenCalled();
  await loop.close();
});
