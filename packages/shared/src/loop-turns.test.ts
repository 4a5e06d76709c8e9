import { expect, test } from "vitest";
import { createLoopTurns } from "./loop-turns.ts";

/** Counts the event loop's turns until it is stopped. */
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

test("who waits alone goes on in the next turn of the event loop", async () => {
  using turns = countTurns();
  const nextTurn = createLoopTurns();
  await nextTurn();
  expect(turns.now()).toBe(1);
  await nextTurn();
  expect(turns.now()).toBe(2);
});

test("those who wait at the same time go on one in a turn, in the order in which they asked", async () => {
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
    ["a", 1],
    ["b", 2],
    ["c", 3],
    ["a", 4],
    ["b", 5],
    ["c", 6],
  ]);
});
