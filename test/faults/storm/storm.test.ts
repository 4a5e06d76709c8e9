/** A short storm. `npm run chaos` runs long ones. */
import { systemClock } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { expect, test } from "vitest";
import { routeAccounts } from "./models.ts";
import { faultKinds, plannedFaults } from "./plan.ts";
import { runRound } from "./round.ts";
import { Tally } from "./tally.ts";

/** With this seed, all faults are of different kinds. */
const SEED = 99229;
const JOBS = 2_000;
const FAULTS = 16;
const plan = (seed: number, faults: number) =>
  plannedFaults(seededRandom(seed)).take(faults).toArray();

test("the same seed plans the same faults, and every kind occurs", () => {
  expect(plan(1, 500)).toEqual(plan(1, 500));
  expect(plan(1, 500)).not.toEqual(plan(2, 500));
  expect(new Set(plan(1, 500).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
});

test("a storm over two of each service loses and repeats none of 2,000 jobs, and breaks no promise", async () => {
  const tally = new Tally();
  await runRound({
    ...{ seed: SEED, jobs: JOBS, faults: FAULTS, callers: 60, injectors: 2, profile: "always" },
    ...{ clock: systemClock, tally, until: new AbortController().signal, log: () => undefined },
  });
  expect(tally.wrong).toEqual([]);
  expect(tally.faults).toBeGreaterThanOrEqual(FAULTS);
  expect(tally.acknowledged).toBeGreaterThanOrEqual(JOBS);
  expect(tally.ended).toBe(tally.acknowledged);
  // Every account has served jobs of models, although some were refused, removed or left out by changed routes.
  expect([...tally.routed.keys()].toSorted()).toEqual(
    routeAccounts.map(({ name }) => name).toSorted(),
  );
  // Each of the five schedules has had its due times.
  expect(tally.scheduled).toBeGreaterThan(20);
  // Jobs of the model cost something, and it was counted.
  expect(tally.spentMicros).toBeGreaterThan(0);
  // Callbacks were called, and the endpoint that answered 410 was disabled.
  expect(tally.called).toBeGreaterThan(JOBS / 10);
  expect(tally.gone.delivered).toBeGreaterThan(0);
  expect(tally.gone.gone).toBeGreaterThan(0);
  const { acknowledged, strays, unlisted, untold, scheduled } = tally;
  expect(tally.auditedJobs).toBe(acknowledged + strays + unlisted + untold + scheduled);
}, 900_000);
