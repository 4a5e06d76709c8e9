import { expect, test } from "vitest";
import { createLoopTurns } from "./loop-turns.ts";

/** Counts the turns of the event loop until it is disposed. */
function countTurns() {
  let turns = 0;
  let stopped = false;
  const count = () => {
    turns += 1;
    if (!stopped) setImmediate(count);
  };
  setImmediate(count);
  return {
    now: () => turns,
    [Symbol.dispose]: () => {
      stopped = true;
    },
  };
}

test("a single waiter continues after one whole turn of the event loop", async () => {
  using turns = countTurns();
  const nextTurn = createLoopTurns();
  await nextTurn();
  expect(turns.now()).toBe(2);
  await nextTurn();
  expect(turns.now()).toBe(4);
});

test("several waiters continue one per turn, in the order of their calls", async () => {
  using turns = countTurns();
  const nextTurn = createLoopTurns();
  const went: [name: string, turn: number][] = [];
  const go = async (name: string) => {
    for (let part = 0; part < 2; part += 1) {
      await nextTurn();
      went.push([name, turns.now()]);
    }
  };
  await Promise.all([go("a"), go("b"), go("c")]);
  expect(went).toEqual([
    ["a", 2],
    ["b", 4],
    ["c", 6],
    ["a", 8],
    ["b", 10],
    ["c", 12],
  ]);
});
