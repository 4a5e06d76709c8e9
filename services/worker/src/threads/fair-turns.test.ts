import { expect, test } from "vitest";
import { fairTurns } from "./fair-turns.ts";

function setup(places: number) {
  const turns = fairTurns(places);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  /** Starts runs, and lets those begin whose turn it is. */
  const ask = async (...names: string[]) => {
    for (const name of names) {
      const { promise, resolve } = Promise.withResolvers<void>();
      void turns.run(name.slice(0, 1), () => {
        begun.push(name);
        ends.push(resolve);
        return promise;
      });
    }
    await settled();
  };
  /** Ends the run that began first of those that go on. */
  const endOne = async () => {
    ends.shift()?.();
    await settled();
  };
  return { turns, begun, ask, endOne };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one key has all places, and no more of them", async () => {
  const { begun, ask, endOne } = setup(2);
  await ask("a1", "a2", "a3");
  expect(begun).toEqual(["a1", "a2"]);
  await endOne();
  expect(begun).toEqual(["a1", "a2", "a3"]);
});

test("a key that has nothing running gets a place beyond, and only one key does", async () => {
  const { begun, ask } = setup(2);
  await ask("a1", "a2", "a3", "b1", "b2", "c1");
  expect(begun).toEqual(["a1", "a2", "b1"]);
});

test("a place that is free goes to the key with the fewest runs, then to the one that waits longest", async () => {
  const { begun, ask, endOne } = setup(2);
  await ask("a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2");
  for (let ends = 0; ends < 5; ends += 1) await endOne();
  expect(begun).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "c2", "a4"]);
});

test("a run that throws gives its place back", async () => {
  const { turns } = setup(1);
  await expect(turns.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.run("a", async () => 1)).toBe(1);
});
