import { expect, test } from "vitest";
import { heldTimes, waitPhases } from "./wait-phases.ts";

const submitted = { submittedAtMs: 1_000, isFinalizer: false };
const lane = (startMs: number, endMs: number) => ({ name: "millrace.queue_wait", startMs, endMs });

test("a job that could run at once waited in its lane only, also if it waited no time", () => {
  expect(waitPhases(submitted, 3_000)).toEqual([lane(1_000, 3_000)]);
  expect(waitPhases(submitted, 1_000)).toEqual([lane(1_000, 1_000)]);
  // The clocks of replicas differ.
  expect(waitPhases(submitted, 900)).toEqual([lane(900, 900)]);
});

test.each([
  ["its start time", { runAtMs: 2_000 }, "millrace.scheduled", 1_000],
  [
    "a backoff",
    { dueAgainMs: 2_000, lastEnd: { atMs: 1_500, kind: "retry" } },
    "millrace.backoff",
    1_500,
  ],
  [
    "a bounce",
    { dueAgainMs: 2_000, lastEnd: { atMs: 1_500, kind: "bounce" } },
    "millrace.backoff",
    1_500,
  ],
  [
    "its children",
    { dueAgainMs: 2_000, lastEnd: { atMs: 1_500, kind: "wait" } },
    "millrace.children_wait",
    1_500,
  ],
  ["room in its group", { dueAgainMs: 2_000 }, "millrace.group_room_wait", 1_000],
  [
    "the children of its group",
    { dueAgainMs: 2_000, isFinalizer: true },
    "millrace.children_wait",
    1_000,
  ],
] as const)(
  "the wait for %s comes before the wait in the lane, without a gap",
  (_, facts, name, startMs) => {
    const all = { ...submitted, ...facts };
    expect(waitPhases(all, 5_000)).toMatchObject([
      { name, startMs, endMs: 2_000 },
      lane(2_000, 5_000),
    ]);
    // It ended before it could run, so it was never in its lane.
    expect(waitPhases(all, 1_800)).toMatchObject([{ name, startMs, endMs: 1_800 }]);
  },
);

test.each(["release", "lost"] as const)(
  "a job that was returned (%s) waits in its lane at once",
  (kind) => {
    const facts = { ...submitted, dueAgainMs: 2_000, lastEnd: { atMs: 2_000, kind } };
    expect(waitPhases(facts, 5_000)).toEqual([lane(2_000, 5_000)]);
  },
);

test("constraints are cut to the wait, in order, and what is left was a wait for a worker", () => {
  const [phase] = waitPhases(submitted, 10_000);
  if (phase === undefined) throw new Error("no phase");
  expect(
    heldTimes(phase, [
      { kind: "PROVIDER_COOLDOWN", fromMs: 4_000, toMs: 6_000 },
      { kind: "KEY_TOKENS", fromMs: 500, toMs: 3_000 },
      { kind: "QUEUE_PAUSED", fromMs: 100, toMs: 900 },
      // As long as it lasts, it has no end.
      { kind: "KEY_CONCURRENCY", fromMs: 6_050 },
    ]),
  ).toEqual([
    { kind: "KEY_TOKENS", fromMs: 1_000, toMs: 3_000 },
    { kind: "NO_FREE_WORKER", fromMs: 3_000, toMs: 4_000 },
    { kind: "PROVIDER_COOLDOWN", fromMs: 4_000, toMs: 6_000 },
    { kind: "KEY_CONCURRENCY", fromMs: 6_050, toMs: 10_000 },
  ]);
});

test("a moment without a constraint is the usual time of a lease", () => {
  const [short] = waitPhases(submitted, 1_099);
  const [long] = waitPhases(submitted, 1_100);
  if (short === undefined || long === undefined) throw new Error("no phase");
  expect(heldTimes(short, [])).toEqual([]);
  expect(heldTimes(long, [])).toEqual([{ kind: "NO_FREE_WORKER", fromMs: 1_000, toMs: 1_100 }]);
});
