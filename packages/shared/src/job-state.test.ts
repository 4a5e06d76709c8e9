import { expect, test } from "vitest";
import { isFinal, jobStates, jobTransitions } from "./job-state.ts";

test("every state can be reached from QUEUED", () => {
  const reached = new Set<string>(["QUEUED"]);
  for (const state of reached)
    for (const next of jobTransitions[state as keyof typeof jobTransitions]) reached.add(next);
  expect([...reached].sort()).toEqual([...jobStates].sort());
});

test("no final state is left", () => {
  const leavable = jobStates.filter((state) => isFinal(state) && jobTransitions[state].length > 0);
  expect(leavable).toEqual([]);
});
