import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { decideUnmoved, KEPT_ASIDE_MS, nextTryMs, whyUnmoved } from "./unmoved-entry.ts";

const entry = { keyId: "aaaa" as KeyId };
const nowMs = 1_000_000_000;

test.each([
  ["accepted", undefined],
  ["existing", undefined],
  ["depthFull", "refused"],
  ["storedBytesFull", "refused"],
  ["unknownQueue", "refused"],
  ["priorityNotAllowed", "refused"],
  ["invalid", "impossible"],
  ["conflict", "impossible"],
  ["past", "impossible"],
  ["unknownType", "impossible"],
])("a delivery that was %s keeps its entry: %s", (kind, why) => {
  expect(whyUnmoved({ kind })).toBe(why);
});

test("an entry is set aside for its key for a day, and then dropped", () => {
  const aside = { kind: "setAside", to: "aaaa" };
  expect(decideUnmoved(entry, "refused", nowMs)).toEqual(aside);
  const since = (ageMs: number) => ({ ...entry, asideMs: nowMs - ageMs });
  expect(decideUnmoved(since(KEPT_ASIDE_MS - 1), "refused", nowMs)).toEqual(aside);
  expect(decideUnmoved(since(KEPT_ASIDE_MS), "refused", nowMs)).toEqual({ kind: "drop" });
});

test("an entry that cannot be read waits in a list of its own, and one that cannot be queued is dropped", () => {
  expect(decideUnmoved(entry, "unreadable", nowMs)).toEqual({ kind: "setAside", to: "-" });
  expect(decideUnmoved(entry, "impossible", nowMs)).toEqual({ kind: "drop" });
});

test("pauses grow with the time for which the oldest entry has waited, from a second to a minute", () => {
  const pause = (ageMs: number, progressed = false) =>
    nextTryMs({ asideMs: nowMs - ageMs }, progressed, nowMs) - nowMs;
  expect([0, 4_000, 4_004, 40_000, 240_000, 240_004, 9e6].map((age) => pause(age))).toEqual([
    ...[1_000, 1_000, 1_001, 10_000, 60_000, 60_000, 60_000],
  ]);
  expect(pause(9e6, true)).toBe(1_000);
  expect(nextTryMs(undefined, false, nowMs)).toBe(nowMs + 1_000);
});
