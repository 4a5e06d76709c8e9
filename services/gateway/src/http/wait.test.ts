import { expect, test } from "vitest";
import { waitOf, waitParameter } from "./wait.ts";

const prefer = (value: string) => ({
  get: (name: string) => (name === "prefer" ? value : undefined),
});

test.each([
  ["wait=10", 10n],
  ["WAIT = 10", 10n],
  ['wait="10"', 10n],
  ["respond-async, wait=10; foo=bar", 10n],
  ["wait=60", 60n],
  ["wait=61", 60n],
  ["wait=999999999", 60n],
])("Prefer: %s waits %i s, and says so", (value, seconds) => {
  expect(waitOf(undefined, prefer(value))).toEqual({
    wait: { seconds },
    headers: { "preference-applied": `wait=${seconds}` },
  });
});

test.each(["", "wait", "wait=x", "wait=-1", "wait=1.5", "await=10", "respond-async"])(
  "Prefer: %s is a wish that nobody understands, and is passed over",
  (value) => {
    expect(waitOf(undefined, prefer(value))).toEqual({ wait: { seconds: 0n }, headers: {} });
  },
);

test("the query's wait goes before the wish", () => {
  expect(waitOf(5, prefer("wait=10"))).toEqual({ wait: { seconds: 5n }, headers: {} });
});

test("a wait of 60 s may be asked for, and not of 61", () => {
  expect(waitParameter.parse("60")).toBe(60);
  expect(waitParameter.safeParse("61").success).toBe(false);
  expect(waitParameter.safeParse("x").success).toBe(false);
});
