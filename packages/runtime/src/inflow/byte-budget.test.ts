import { expect, test } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

function setup(limit: number) {
  const budget = new ByteBudget(limit);
  const granted: string[] = [];
  const take = (name: string, bytes: number) => {
    const go = () => granted.push(name);
    if (budget.take(bytes, go)) go();
    return () => budget.give(bytes, go);
  };
  return { budget, granted, take };
}

test("takes bytes up to the limit, and makes one more wait until there is room", () => {
  const { granted, take } = setup(10);
  const give = take("a", 6);
  take("b", 4);
  take("c", 1);
  expect(granted).toEqual(["a", "b"]);
  give();
  expect(granted).toEqual(["a", "b", "c"]);
});

test("serves waiting callers in order, even if a later one would fit", () => {
  const { granted, take } = setup(10);
  const give = take("a", 10);
  take("b", 8);
  take("c", 1);
  give();
  take("d", 1);
  expect(granted).toEqual(["a", "b", "c", "d"]);
});

test("lets more bytes than the limit pass alone", () => {
  const { granted, take } = setup(10);
  const give = take("a", 11);
  take("b", 1);
  expect(granted).toEqual(["a"]);
  give();
  expect(granted).toEqual(["a", "b"]);
});

test("lets the next ones proceed when a caller stops waiting", () => {
  const { budget, granted, take } = setup(10);
  const giveA = take("a", 5);
  const giveB = take("b", 8);
  const giveC = take("c", 5);
  giveB();
  expect(granted).toEqual(["a", "c"]);
  giveA();
  giveC();
  expect(budget.isIdle).toBe(true);
});
