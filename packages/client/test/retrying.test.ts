import { type Clock, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import type { Connection } from "../src/connection.ts";
import { MillraceError } from "../src/millrace-error.ts";
import { repeating } from "../src/retrying.ts";

const away = new MillraceError({ code: "UNAVAILABLE", message: "away", retryAfterMs: 0 });
const late = new MillraceError({ code: "DEADLINE_EXCEEDED", message: "late" });

/**
 * Returns the error of a call whose first attempt finds no gateway, and whose second exceeds the deadline after
 * `hadMs`.
 */
async function failureOf(hadMs: number) {
  const deadlineMs = 5_000;
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    after(_, run) {
      const timer = setImmediate(run);
      return { cancel: () => clearImmediate(timer) };
    },
  };
  const connection = {
    ...{ clock, random: systemRandom, closed: new AbortController().signal },
    deadlineAtMs: () => deadlineMs,
  } as unknown as Connection;
  return repeating(connection, {}, async () => {
    const isFirst = nowMs === 0;
    nowMs = isFirst ? deadlineMs - hadMs : deadlineMs;
    throw isFirst ? away : late;
  }).catch((error: unknown) => error);
}

test.each([
  [999, "UNAVAILABLE"],
  [1_000, "DEADLINE_EXCEEDED"],
])(
  "an attempt that exceeds its deadline after %i ms, following one that found no gateway, fails as %s",
  async (hadMs, code) => {
    expect(await failureOf(hadMs)).toMatchObject({ code });
  },
);
