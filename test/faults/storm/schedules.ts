/**
 * The schedules of a storm, and the check that each due time was decided once. They submit jobs from the beginning of a
 * round until its faults are over.
 */
import type { Job, NewSchedule, OverlapPolicy, Schedule } from "@millrace/client";
import { type Clock, sleep } from "@millrace/shared";
import type { Callers } from "./callers.ts";
import { retry, STORM_QUEUE } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { Work } from "./work.ts";

/** The job numbers of schedules start here. */
const FIRST = 3_000_000_000;
/** Schedulers look at a due schedule at once, and have made up for what a fault delayed within this time. */
const UP_TO_DATE_MS = 60_000;
/** A due time that has just come may not be decided yet. */
const JUST_NOW_MS = 3_000;
const LOOK_EVERY_MS = 250;
const MOST_NAMED = 20;

interface Plan {
  readonly overlap: OverlapPolicy;
  readonly intervalMs: number;
  readonly catchUp: number;
  /** How long a job works. */
  readonly pauseMs: number;
}

const plans: readonly Plan[] = [
  { overlap: "allow_all", intervalMs: 1_000, catchUp: 1, pauseMs: 0 },
  { overlap: "allow_all", intervalMs: 1_500, catchUp: 5, pauseMs: 0 },
  { overlap: "allow_all", intervalMs: 2_000, catchUp: 0, pauseMs: 0 },
  { overlap: "skip", intervalMs: 1_000, catchUp: 1, pauseMs: 400 },
  { overlap: "buffer_one", intervalMs: 1_000, catchUp: 1, pauseMs: 400 },
];

const scheduleOf = ({ pauseMs, ...plan }: Plan, index: number): NewSchedule => {
  const payload: Work = { n: FIRST + index, pieces: 3, pauseMs, failures: 0, fatal: false };
  const job = { queue: STORM_QUEUE, type: "work", payload, priority: 30, retry };
  return { ...plan, name: `storm-${index}`, job };
};

export class StormSchedules {
  readonly #callers: Callers;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #ids: string[] = [];
  /** The first due time of each. */
  readonly #firstMs: number[] = [];

  constructor(callers: Callers, ledger: Ledger, clock: Clock) {
    this.#callers = callers;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Creates the schedules before the first fault. */
  async create(): Promise<void> {
    const { schedules } = this.#callers.millrace("free");
    for (const [index, plan] of plans.entries()) {
      const { id, nextTimes } = await schedules.create(scheduleOf(plan, index));
      this.#ids.push(id);
      this.#firstMs.push(Number(nextTimes[0]));
    }
  }

  /** Waits until the schedules are up to date, and pauses them. */
  async stop(): Promise<void> {
    const { schedules } = this.#callers.millrace("free");
    const untilMs = this.#clock.nowMs() + UP_TO_DATE_MS;
    for (const id of this.#ids) {
      for (;;) {
        const { nextTimes } = await this.#callers.retryTransient(() => schedules.get(id));
        const dueMs = Number(nextTimes[0] ?? 0);
        if (dueMs > this.#clock.nowMs() - JUST_NOW_MS) break;
        if (this.#clock.nowMs() > untilMs) {
          this.#ledger.complain(`${id} is due since ${new Date(dueMs).toISOString()}`);
          break;
        }
        await sleep(this.#clock, LOOK_EVERY_MS);
      }
    }
    for (const id of this.#ids) {
      await this.#callers.retryTransient(() => schedules.pause(id, { note: "the storm is over" }));
    }
  }

  /** Compares the stored jobs with what the schedules have counted. Returns the ids of their jobs. */
  async compare(stored: readonly Job[]): Promise<ReadonlySet<string>> {
    const { schedules } = this.#callers.millrace("free");
    const ofSchedule = Map.groupBy(
      stored.filter(({ scheduleId }) => scheduleId !== undefined),
      ({ scheduleId }) => String(scheduleId),
    );
    const wrong: string[] = [];
    for (const [index, id] of this.#ids.entries()) {
      const jobs = ofSchedule.get(id) ?? [];
      const schedule = await this.#callers.retryTransient(() => schedules.get(id));
      const plan = plans[index];
      if (plan !== undefined) {
        const times = { firstMs: this.#firstMs[index] ?? 0, nowMs: this.#clock.nowMs() };
        const problems = wrongRuns(plan, schedule, jobs, times);
        wrong.push(...problems.map((what) => `${id}: ${what}`));
      }
      ofSchedule.delete(id);
    }
    for (const id of ofSchedule.keys()) wrong.push(`${id} is no schedule of the storm`);
    for (const what of wrong.slice(0, MOST_NAMED)) this.#ledger.complain(what);
    return new Set(
      stored.filter(({ scheduleId }) => scheduleId !== undefined).map((job) => job.id),
    );
  }
}

/** What is wrong with the runs of a schedule that was paused. */
export function wrongRuns(
  { overlap, intervalMs }: Pick<Plan, "overlap" | "intervalMs">,
  schedule: Pick<Schedule, "runs" | "skipped" | "missed">,
  jobs: readonly Pick<Job, "id" | "scheduleDueTime" | "state">[],
  { firstMs, nowMs }: { readonly firstMs: number; readonly nowMs: number },
): readonly string[] {
  const wrong: string[] = [];
  /** Due times are counted from 1. */
  const countOf = (ms: number) => (ms - firstMs) / intervalMs + 1;
  const seen = new Map<number, string>();
  for (const { id, scheduleDueTime, state } of jobs) {
    const nth = countOf(Number(scheduleDueTime));
    if (!Number.isInteger(nth) || nth < 1) wrong.push(`${id} is for no due time: ${nth}`);
    const other = seen.get(nth);
    if (other !== undefined) wrong.push(`due time ${nth} has two jobs: ${other} and ${id}`);
    seen.set(nth, id);
    if (state !== "SUCCEEDED") wrong.push(`${id} is ${state}`);
  }
  const { runs, skipped, missed } = schedule;
  if (runs !== jobs.length)
    wrong.push(`${runs} runs are counted, but there are ${jobs.length} jobs`);
  const decided = runs + skipped + missed;
  const last = Math.max(0, ...seen.keys());
  // With these policies the last due time that was decided may have no job.
  const most = Math.floor(countOf(nowMs));
  const isWrong = overlap === "allow_all" ? decided !== last : decided < last || decided > most;
  if (isWrong) {
    const counts = `${runs} submitted, ${skipped} skipped, ${missed} missed`;
    wrong.push(`of ${last} due times or more, ${decided} were decided: ${counts}`);
  }
  return wrong;
}
