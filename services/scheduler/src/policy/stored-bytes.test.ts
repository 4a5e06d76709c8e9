import { expect, test } from "vitest";
import { storedBytesBound } from "./stored-bytes.ts";

test("applies an operator's limit in each queue, whatever Redis may use", () => {
  const bound = storedBytesBound(5);
  bound.measured(1_000, 2);
  expect(bound.inEachQueue()).toBe(5);
});

test("treats 0 as no limit", () => {
  expect(storedBytesBound(0).inEachQueue()).toBe(Number.POSITIVE_INFINITY);
});

test("allows a key half of Redis' memory by default, in equal parts for each queue", () => {
  const bound = storedBytesBound(undefined);
  bound.measured(1_000, 4);
  expect(bound.inEachQueue()).toBe(125);
  bound.measured(1_000, 0);
  expect(bound.inEachQueue()).toBe(500);
});

test("uses a share of 4 GiB before the first measurement, and if Redis has no limit", () => {
  const bound = storedBytesBound(undefined);
  expect(bound.inEachQueue()).toBe(4 * 1024 ** 3);
  bound.measured(0, 4);
  expect(bound.inEachQueue()).toBe(1024 ** 3);
});
