import { expect, test } from "vitest";
import { fairTurns } from "./fair-turns.ts";

function setup(places: number) {
  const turns = fairTurns(places);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  /** Starts runs, and lets those begin whose turn has come. */
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
  /** Ends the oldest of the runs under way. */
  const endOne = async () => {
    ends.shift()?.();
    await settled();
  };
  return { turns, begun, ask, endOne };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("gives all places to a single key, and no more", async () => {
  const { begun, ask, endOne } = setup(2);
  await ask("a1", "a2", "a3");
  expect(begun).toEqual(["a1", "a2"]);
  await endOne();
  expect(begun).toEqual(["a1", "a2", "a3"]);
});

test("gives an additional place to one key that has nothing running", async () => {
  const { begun, ask } = setup(2);
  await ask("a1", "a2", "a3", "b1", "b2", "c1");
  expect(begun).toEqual(["a1", "a2", "b1"]);
});

test("gives a free place to the key with the fewest runs, then to the one that waits longest", async () => {
  const { begun, ask, endOne } = setup(2);
  await ask("a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2");
  for (let ends = 0; ends < 5; ends += 1) await endOne();
  expect(begun).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "c2", "a4"]);
});

test("frees the place of a run that throws", async () => {
  const { turns } = setup(1);
  await expect(turns.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.run("a", async () => 1)).toBe(1);
});
