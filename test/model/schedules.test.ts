/**
 * Runs schedules on several schedulers in any order, with deaths between any two steps and clocks that jump, against a plain
 * model: each due time is decided exactly once. After each step the database is audited.
 */
import type { ScheduleId } from "@millrace/shared";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openSchedulesWorld, type SchedulesWorld, type Wanted } from "./schedules-world.ts";
import { settings } from "./settings.ts";

const MINUTE_MS = 60_000;
const some = fc.subarray([0, 1, 2], { minLength: 1 });
const nth = fc.nat(3);

const wanted = fc.record({
  intervalMs: fc.constantFrom(MINUTE_MS, 90_000, 10 * MINUTE_MS),
  overlap: fc.constantFrom<Wanted["overlap"]>("SKIP", "BUFFER_ONE", "ALLOW_ALL"),
  catchUp: fc.constantFrom(0, 1, 1, 3),
  jitterMs: fc.constantFrom(0, 0, 20_000),
});

const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("create" as const), wanted }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("look" as const), replicas: some }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("die" as const),
      replicas: some,
      call: fc.integer({ min: 1, max: 8 }),
      after: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(900, 5_000, 30_000, MINUTE_MS, MINUTE_MS, 7 * MINUTE_MS, 25 * MINUTE_MS),
    }),
  },
  fc.record({
    kind: fc.constant("jumpBack" as const),
    ms: fc.constantFrom(1_000, MINUTE_MS, 12 * MINUTE_MS),
  }),
  fc.record({
    kind: fc.constant("skew" as const),
    replica: fc.nat(2),
    ms: fc.constantFrom(-3 * MINUTE_MS, -5_000, 0, 5_000, 3 * MINUTE_MS),
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  fc.record({ kind: fc.constant("pause" as const), nth, paused: fc.boolean(), replica: fc.nat(2) }),
  fc.record({
    kind: fc.constant("update" as const),
    nth,
    priority: fc.integer({ min: 1, max: 9 }),
  }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("race" as const), nth, replicas: some }) },
  fc.record({ kind: fc.constant("runNow" as const), nth }),
  fc.record({ kind: fc.constant("delete" as const), nth }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What is known of a schedule without asking it. */
interface Known {
  readonly id: ScheduleId;
  readonly wanted: Wanted;
  readonly createdMs: number;
  /** Due times before this one that were not decided, because it was paused. */
  undecided: number;
  /** The number of the due time at which it was paused. */
  pausedAt: number;
  /** Runs that a pause dropped from the buffer. */
  dropped: number;
  deleted: boolean;
}

class Model {
  readonly world: SchedulesWorld;
  readonly known: Known[] = [];

  constructor(world: SchedulesWorld) {
    this.world = world;
  }

  async run(step: Action): Promise<void> {
    const { world, known } = this;
    const one = "nth" in step ? known[step.nth % Math.max(1, known.length)] : undefined;
    const target = one?.deleted === true ? undefined : one;
    switch (step.kind) {
      case "create":
        if (known.length < 4) await this.#create(step.wanted);
        break;
      case "look":
        await world.rounds(step.replicas);
        break;
      case "die":
        await world.rounds(step.replicas, step);
        break;
      case "pass":
        world.time.nowMs += step.ms;
        break;
      case "jumpBack":
        world.time.nowMs -= step.ms;
        break;
      case "skew":
        world.time.skewsMs[step.replica] = step.ms;
        break;
      case "finish":
        await world.finish(step.count);
        break;
      case "pause":
        if (target !== undefined) await this.#pause(target, step.paused, step.replica);
        break;
      case "update":
        if (target !== undefined) {
          const job = { queue: "documents", type: "work", priority: step.priority };
          await world.update(0, target.id, { job });
        }
        break;
      case "race":
        // Schedulers look between the reading and the writing of a change.
        if (target !== undefined) {
          const changes = { job: { queue: "documents", type: "work", labels: { a: "b" } } };
          await world.updateBehind(target.id, changes, () => world.rounds(step.replicas));
        }
        break;
      case "runNow":
        if (target !== undefined) await world.runNow(target.id);
        break;
      case "delete":
        if (target !== undefined) {
          await world.engine.deleteSchedule(target.id);
          target.deleted = true;
        }
        break;
    }
  }

  async #create(spec: Wanted) {
    const createdMs = this.world.time.nowMs + (this.world.time.skewsMs[0] ?? 0);
    const id = await this.world.create(spec);
    this.known.push({
      ...{ id, wanted: spec, createdMs, undecided: 0, pausedAt: 0, dropped: 0, deleted: false },
    });
  }

  async #pause(target: Known, paused: boolean, replica: number) {
    const before = await this.world.read(target.id);
    const { dueMs } = await this.world.pause(replica, target.id, paused);
    if (before === undefined || before.paused === paused) return;
    if (paused && before.bufferedMs !== undefined) target.dropped += 1;
    if (paused) target.pausedAt = this.#index(target, before.dueMs);
    else target.undecided += this.#index(target, dueMs) - target.pausedAt;
  }

  #index({ createdMs, wanted: { intervalMs } }: Known, dueMs = 0): number {
    return (dueMs - createdMs) / intervalMs - 1;
  }

  /** Compares what is stored with what may be true. */
  async check(): Promise<void> {
    const { world } = this;
    const jobs = await world.jobs();
    const ofRuns = jobs.filter(({ id }) => !world.now.has(id));
    const runs = ofRuns.map(({ scheduleId, dueMs }) => `${scheduleId} ${dueMs}`);
    expect(new Set(runs).size, "no due time has two jobs").toBe(runs.length);
    for (const known of this.known) {
      const own = ofRuns.filter(({ scheduleId }) => scheduleId === known.id);
      for (const { dueMs } of own) {
        expect(this.#index(known, dueMs) % 1, "a job has a due time of its schedule").toBe(0);
        expect(dueMs, "no job is early").toBeLessThanOrEqual(world.time.latestMs);
      }
      if (known.wanted.overlap !== "ALLOW_ALL") {
        const running = own.filter(({ ended }) => !ended);
        expect(running.length, "no two jobs of runs overlap").toBeLessThanOrEqual(1);
      }
      await this.#checkCounts(known, own.length);
    }
    expect(await world.engine.audit()).toEqual([]);
  }

  /** Each due time before the next one was submitted, skipped, missed, or is buffered. */
  async #checkCounts(known: Known, jobs: number): Promise<void> {
    const schedule = await this.world.read(known.id);
    expect(schedule === undefined).toBe(known.deleted);
    if (schedule === undefined || schedule.paused) return;
    const { skipped, missed, bufferedMs, dueMs } = schedule;
    const decided = jobs + skipped + missed + (bufferedMs === undefined ? 0 : 1) + known.dropped;
    expect(decided + known.undecided, `${known.id} decides each due time once`).toBe(
      this.#index(known, dueMs),
    );
  }

  /** Without faults, every due time is decided. */
  async settle(): Promise<void> {
    const { world } = this;
    world.time.skewsMs = [0, 0, 0];
    // The clocks may have been ahead.
    world.time.nowMs = Math.max(world.time.nowMs, world.time.latestMs) + 6_000;
    await world.rounds([0]);
    await world.finish(100);
    world.time.nowMs += 6_000;
    await world.rounds([1]);
    for (const { id } of this.known) {
      const schedule = await world.read(id);
      if (schedule === undefined || schedule.paused) continue;
      expect(schedule).not.toHaveProperty("bufferedMs");
      expect(Number(schedule.dueMs) + 20_000).toBeGreaterThan(world.time.nowMs);
    }
  }
}

test("each due time is decided exactly once, whichever schedulers look, die or have wrong clocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 8, maxLength: 40, size: "max" }),
      async (steps) => {
        const world = await openSchedulesWorld();
        const model = new Model(world);
        try {
          for (const step of steps) {
            await model.run(step);
            await model.check();
          }
          await model.settle();
          await model.check();
        } finally {
          await world.close();
        }
      },
    ),
    settings(25),
  );
}, 300_000);
