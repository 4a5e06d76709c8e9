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
])("applies Prefer: %s as a wait of %i s, and reports that", (value, seconds) => {
  expect(waitOf(undefined, prefer(value))).toEqual({
    wait: { seconds },
    headers: { "preference-applied": `wait=${seconds}` },
  });
});

test.each(["", "wait", "wait=x", "wait=-1", "wait=1.5", "await=10", "respond-async"])(
  "ignores the invalid preference %j",
  (value) => {
    expect(waitOf(undefined, prefer(value))).toEqual({ wait: { seconds: 0n }, headers: {} });
  },
);

test("prefers the query's wait to the header's", () => {
  expect(waitOf(5, prefer("wait=10"))).toEqual({ wait: { seconds: 5n }, headers: {} });
});

test("accepts a wait of 60 s, and not of 61 s", () => {
  expect(waitParameter.parse("60")).toBe(60);
  expect(waitParameter.safeParse("61").success).toBe(false);
  expect(waitParameter.safeParse("x").success).toBe(false);
});
