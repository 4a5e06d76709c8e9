import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ScheduleSpecSchema } from "@millrace/proto/schedule";
import type { ScheduleId } from "@millrace/shared";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dueTimes, nextTimes, timesOf } from "./timing.ts";

const cron = (expression: string, timeZone = "") =>
  timesOf({ timing: { case: "cron", value: expression }, timeZone }, 0);
const iso = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString().replace(".000", "");
const from = (expression: string, timeZone: string, start: string, count: number) =>
  nextTimes(cron(expression, timeZone), Date.parse(start), count).map(iso);

/** The clock of a zone, by Intl alone: an oracle that shares no code with the library. */
function clockOf(timeZone: string) {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hourCycle: "h23", hour: "numeric", minute: "numeric" },
    ...{ day: "numeric", month: "numeric", weekday: "short" },
  });
  return (ms: number) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map((one) => [one.type, one.value]));
    const numbers = ["minute", "hour", "day", "month"].map((name) => Number(parts[name]));
    const weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday ?? "");
    return [...numbers, weekday] as [number, number, number, number, number];
  };
}

const MINUTE_MS = 60_000;

test("a time of day that spring skips is due when the clocks have moved, on that day too", () => {
  expect(from("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3)).toEqual([
    ...["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
  ]);
  expect(from("30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", 3)).toEqual([
    ...["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
  ]);
  // The clocks of Lord Howe move by half an hour, from 2:00 to 2:30.
  expect(from("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T14:00:00Z", 3)).toEqual([
    ...["2026-10-02T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
  ]);
});

test("a time of day that autumn repeats is due once, the first time", () => {
  expect(from("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
    ...["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
  ]);
  expect(from("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2)).toEqual([
    ...["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
  ]);
  expect(from("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2)).toEqual([
    ...["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
  ]);
  // Between the two, the next one is that of the next day.
  expect(from("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", 1)).toEqual([
    "2026-10-26T01:30:00Z",
  ]);
});

test("what recurs within a day recurs in real time when the clocks change", () => {
  expect(from("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3)).toEqual([
    ...["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
  ]);
  expect(from("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 5)).toEqual([
    ...["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"],
    ...["2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
  ]);
  // Several times in an hour that spring skips do not exist on that day.
  expect(from("*/10 2 * * *", "Europe/Berlin", "2026-03-28T23:50:00Z", 1)).toEqual([
    "2026-03-30T00:00:00Z",
  ]);
});

test.each([
  ["Europe/Berlin", "2026-03-28T00:00:00Z"],
  ["Europe/Berlin", "2026-10-24T00:00:00Z"],
  ["America/New_York", "2026-10-31T00:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T00:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T00:00:00Z"],
  ["Asia/Kathmandu", "2026-06-01T00:00:00Z"],
  ["UTC", "2028-02-28T00:00:00Z"],
])(
  "random expressions that recur in an hour are due when the clock of %s says so, from %s",
  (zone, start) => {
    const startMs = Date.parse(start);
    const minutes = 2 * 24 * 60;
    const clock = clockOf(zone);
    const walls = Array.from({ length: minutes }, (_, at) => clock(startMs + at * MINUTE_MS));
    const field = (least: number, most: number) => fc.integer({ min: least, max: most });
    const step = fc.constantFrom(2, 3, 5, 7, 10, 20);
    fc.assert(
      fc.property(
        ...([step, field(0, 20), field(0, 6), fc.boolean()] as const),
        (every, hour, weekday, onWeekday) => {
          const times = cron(`*/${every} ${hour}-23 * * ${onWeekday ? weekday : "*"}`, zone);
          const expected = walls.flatMap(([minute, at, , , day], index) =>
            minute % every === 0 && at >= hour && (!onWeekday || day === weekday)
              ? [startMs + index * MINUTE_MS]
              : [],
          );
          const found = expected.length === 0 ? [] : nextTimes(times, startMs - 1, expected.length);
          expect(found.map(iso)).toEqual(expected.map(iso));
          const lastMs = startMs + minutes * MINUTE_MS - 1;
          const last = times.last(lastMs);
          if (expected.length > 0) expect(iso(last)).toBe(iso(expected.at(-1)));
        },
      ),
      { numRuns: 6 },
    );
  },
);

test("the last due time is the one at or before a time, on both sides of a second", () => {
  const times = cron("30 2 * * *");
  const due = Date.parse("2026-05-05T02:30:00Z");
  expect(iso(times.last(due))).toBe("2026-05-05T02:30:00Z");
  expect(iso(times.last(due + 999))).toBe("2026-05-05T02:30:00Z");
  expect(iso(times.last(due - 1))).toBe("2026-05-04T02:30:00Z");
  expect(iso(times.next(due))).toBe("2026-05-06T02:30:00Z");
  expect(iso(times.next(due - 1))).toBe("2026-05-05T02:30:00Z");
});

test("six fields begin with the second", () => {
  expect(from("15 30 2 * * *", "", "2026-05-05T00:00:00Z", 1)).toEqual(["2026-05-05T02:30:15Z"]);
});

const scheduleOf = (spec: MessageInitShape<typeof ScheduleSpecSchema>) =>
  create(ScheduleSpecSchema, spec);

test("an interval counts from when it was given", () => {
  const spec = scheduleOf({ timing: { case: "interval", value: durationFromMs(1_500) } });
  const times = timesOf(spec, 10_000);
  expect(nextTimes(times, 0, 3)).toEqual([11_500, 13_000, 14_500]);
  expect([11_499, 11_500, 12_999, 13_000].map((at) => times.last(at))).toEqual([
    ...[undefined, 11_500, 11_500, 13_000],
  ]);
  expect(times.next(11_500)).toBe(13_000);
});

test("jitter is the same on every scheduler, stays within its bound, and spreads due times", () => {
  const jitterMs = 10_000;
  const spec = scheduleOf({
    timing: { case: "interval", value: durationFromMs(60_000) },
    jitter: durationFromMs(jitterMs),
  });
  const offsets = (id: string) => {
    const times = dueTimes(id as ScheduleId, spec, 0);
    return nextTimes(times, 0, 1_000).map((at) => times.submitMs(at) - at);
  };
  const first = offsets("documents~aaaa~a");
  expect(offsets("documents~aaaa~a")).toEqual(first);
  expect(offsets("documents~aaaa~b")).not.toEqual(first);
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first)).toBeLessThanOrEqual(jitterMs);
  const tenths = Array.from(
    { length: 10 },
    (_, n) => first.filter((at) => Math.floor(at / 1_000.1) === n).length,
  );
  for (const count of tenths) expect(count).toBeGreaterThan(60);
});
