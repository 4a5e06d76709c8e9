import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ScheduleSpecSchema } from "@millrace/proto/schedule";
import { expect, test } from "vitest";
import { checkTiming } from "./check-timing.ts";

const NOW_MS = Date.parse("2026-05-05T00:00:00Z");
type Init = MessageInitShape<typeof ScheduleSpecSchema>;
const cron = (value: string, more: Init = {}): Init => ({
  ...more,
  timing: { case: "cron", value },
});
const every = (ms: number, more: Init = {}): Init => ({
  ...more,
  timing: { case: "interval", value: durationFromMs(ms) },
});
const check = (init: Init) => checkTiming(create(ScheduleSpecSchema, init), NOW_MS);

test.each<[string, Init, string]>([
  ["never due", cron("0 0 30 2 *"), 'cron: "0 0 30 2 *" is never due'],
  ["four fields", cron("0 0 * *"), 'cron: "0 0 * *" must have 5 fields'],
  ["seven fields", cron("0 0 0 * * * 2030"), 'cron: "0 0 0 * * * 2030" must have 5 fields'],
  ["a wrong value", cron("61 * * * *"), 'cron: "61 * * * *" is not a cron expression: '],
  ["a question mark", cron("? * * * *"), 'cron: "?" is not supported'],
  ["an unknown nickname", cron("@reboot"), 'cron: "@reboot" must have 5 fields'],
  ["an unknown zone", cron("@daily", { timeZone: "Europe/Berln" }), 'time_zone: "Europe/Berln"'],
  ["an offset as zone", cron("@daily", { timeZone: "+02:00" }), 'time_zone: "+02:00"'],
  ["a zone of an interval", every(5_000, { timeZone: "UTC" }), "time_zone: must be left out"],
  [
    "jitter over the interval",
    every(5_000, { jitter: durationFromMs(5_001) }),
    "jitter: must not be longer than the time between two due times, which may be 5 s",
  ],
  [
    "jitter over the least time of a cron expression",
    cron("0 9,10 * * *", { jitter: durationFromMs(3_600_001) }),
    "jitter: must not be longer than the time between two due times, which may be 3600 s",
  ],
])("refuses %s, and names the field", (_, init, message) => {
  expect(() => check(init)).toThrow(message);
  expect(() => check(init)).toThrow(
    expect.objectContaining({
      reason: "MALFORMED",
      violations: [expect.objectContaining({ field: message.split(":")[0] })],
    }) as Error,
  );
});

test.each<[string, Init]>([
  ["five fields", cron("*/5 * * * *", { timeZone: "Australia/Lord_Howe" })],
  ["six fields", cron("0 0 3 * * MON")],
  ["a nickname", cron("@weekly")],
  ["the 29th of February", cron("0 0 29 2 *")],
  ["jitter as long as the interval", every(5_000, { jitter: durationFromMs(5_000) })],
])("accepts %s without a warning", (_, init) => {
  expect(check(init)).toEqual([]);
});

test("warns of an expression that is due each second, and not of one that is due every 10 s", () => {
  expect(check(cron("* * * * * *"))).toEqual([
    expect.stringContaining('"* * * * * *" is due every 1 s. The first of six fields'),
  ]);
  expect(check(cron("*/9 * * * * *"))).toHaveLength(1);
  expect(check(cron("*/10 * * * * *"))).toEqual([]);
});
