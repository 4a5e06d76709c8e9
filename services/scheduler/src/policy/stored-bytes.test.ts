import { expect, test } from "vitest";
import { storedBytesBound } from "./stored-bytes.ts";

test("an operator's bound holds in each queue, whatever Redis may use", () => {
  const bound = storedBytesBound(5);
  bound.measured(1_000, 2);
  expect(bound.inEachQueue()).toBe(5);
});

test("0 is no bound", () => {
  expect(storedBytesBound(0).inEachQueue()).toBe(Number.POSITIVE_INFINITY);
});

test("without a bound a key takes half of what Redis may use, in equal parts for each queue", () => {
  const bound = storedBytesBound(undefined);
  bound.measured(1_000, 4);
  expect(bound.inEachQueue()).toBe(125);
  bound.measured(1_000, 0);
  expect(bound.inEachQueue()).toBe(500);
});

test("before anything was measured, and where Redis has no limit, it is a share of 4 GiB", () => {
  const bound = storedBytesBound(undefined);
  expect(bound.inEachQueue()).toBe(4 * 1024 ** 3);
  bound.measured(0, 4);
  expect(bound.inEachQueue()).toBe(1024 ** 3);
});
