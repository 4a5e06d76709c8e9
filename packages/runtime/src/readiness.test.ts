import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { Dependency } from "./readiness.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function setup(answers: boolean) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const state = { answers };
  const dependency = new Dependency({
    ...{ what: "a scheduler", graceMs: 30_000, clock },
    check: async () => {
      if (!state.answers) throw new Error("nobody there");
    },
    log: {
      info: (_, message) => void lines.push(`info ${message}`),
      warn: (_, message) => void lines.push(`warn ${message}`),
    },
  }).start();
  onTestFinished(() => dependency.close());
  const reported: boolean[] = [];
  dependency.onChange((ready) => reported.push(ready));
  await turn();
  const advance = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += 500) {
      clock.advance(500);
      await turn();
    }
  };
  return { dependency, state, reported, lines, advance };
}

test("reports a dependency that has never answered as a problem, until it answers", async () => {
  const { dependency, state, reported, lines, advance } = await setup(false);
  await advance(100_000);
  expect(dependency.problem()).toBe("a scheduler has not answered yet");
  expect([reported, lines]).toEqual([[false], []]);
  state.answers = true;
  await advance(1_000);
  expect(dependency.problem()).toBeUndefined();
  expect(reported).toEqual([false, true]);
});

test("reports an outage as a problem from the end of the grace until the next answer", async () => {
  const { dependency, state, reported, lines, advance } = await setup(true);
  expect(dependency.problem()).toBeUndefined();
  await advance(10_000);
  state.answers = false;
  await advance(24_000);
  expect(dependency.problem()).toBeUndefined();
  await advance(11_000);
  expect(dependency.problem()).toMatch(/^a scheduler has not answered for 3\d s$/);
  state.answers = true;
  await advance(1_000);
  expect(dependency.problem()).toBeUndefined();
  expect(reported).toEqual([false, true, false, true]);
  expect(lines.map((line) => line.slice(0, 4))).toEqual(["info", "warn", "info"]);
});

test("reports no problem for an outage shorter than the grace", async () => {
  const { dependency, state, reported, advance } = await setup(true);
  for (let i = 0; i < 5; i += 1) {
    state.answers = false;
    await advance(20_000);
    state.answers = true;
    await advance(6_000);
  }
  expect(dependency.problem()).toBeUndefined();
  expect(reported).toEqual([false, true]);
});
