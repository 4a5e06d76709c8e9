import { expect, test } from "vitest";
import { roomWait } from "./room-wait.ts";

const nowMs = 1_000_000;
/** The longest waits. */
const random = { next: () => 0, bytes: () => new Uint8Array() };
const attempt = { bounces: 0, retryAfterMs: 1_000, nowMs, deadlineMs: nowMs + 3_600_000 };

test.each(["DEPTH_FULL", "STORED_BYTES_FULL", "STORE_FULL"])(
  "waits longer and longer, up to a minute, after %s, and counts as one episode",
  (reason) => {
    const waits = [0, 1, 2, 500].map((bounces) =>
      roomWait({ ...attempt, reason, bounces }, random),
    );
    expect(waits).toEqual(
      [20_000, 40_000, 60_000, 60_000].map((delayMs) => ({ delayMs, episode: "room" })),
    );
  },
);

test("waits at least as long as the worker asks", () => {
  const asked = roomWait({ ...attempt, reason: "DEPTH_FULL", retryAfterMs: 90_000 }, random);
  expect(asked).toMatchObject({ delayMs: 90_000 });
});

test.each([
  ["another reason", { reason: "DOCUMENT_NOT_FOUND" }],
  ["a job without a deadline", { deadlineMs: undefined }],
  ["a wait up to the deadline", { deadlineMs: nowMs + 20_000 }],
])("treats %s as an ordinary failure", (_, change) => {
  const { deadlineMs, ...rest } = { ...attempt, reason: "DEPTH_FULL", ...change };
  expect(
    roomWait(deadlineMs === undefined ? rest : { ...rest, deadlineMs }, random),
  ).toBeUndefined();
});

test("waits if a millisecond is left after it", () => {
  const last = { ...attempt, reason: "DEPTH_FULL", deadlineMs: nowMs + 20_001 };
  expect(roomWait(last, random)).toMatchObject({ delayMs: 20_000 });
});
