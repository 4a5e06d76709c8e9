import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ScheduleRecord } from "@millrace/engine";
import { OverlapPolicy, ScheduleSpecSchema } from "@millrace/proto/schedule";
import type { JobId, ScheduleId } from "@millrace/shared";
import { expect, test } from "vitest";
import { scheduleMessage } from "./schedule-message.ts";
import { changedSpec, sameTiming, scheduleDetails, scheduleSpecOf } from "./schedule-spec.ts";

const id = "documents~k7f3~nightly" as ScheduleId;
const spec = create(ScheduleSpecSchema, {
  ...{ name: "nightly", timing: { case: "cron", value: "0 3 * * *" }, timeZone: "Europe/Berlin" },
  job: { queue: "documents", type: "chat" },
  overlap: OverlapPolicy.BUFFER_ONE,
});
const dueMs = Date.parse("2026-03-28T02:00:00Z");
const record: ScheduleRecord = {
  ...{ id, revision: 1, overlap: "buffer", details: scheduleDetails(spec), timedFromMs: 0 },
  ...{ createdAtMs: 1_000, updatedAtMs: 2_000, paused: false, note: "", unfinished: [], dueMs },
  ...{ made: 5, skipped: 6, missed: 7, bufferedMs: 3_000, lastDueMs: 4_000 },
  lastJobId: "documents~k7f3~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId,
  failure: { reason: "DEPTH_FULL", message: "too many", retryable: true },
};

test("a schedule shows what it has done, and its next five due times across a change of the clocks", () => {
  const days = ["28T02", "29T01", "30T01", "31T01"].map((day) => `2026-03-${day}:00:00Z`);
  expect(scheduleMessage(record)).toEqual({
    ...{ id, spec, paused: false, pauseNote: "" },
    ...{ createTime: timestampFromMs(1_000), updateTime: timestampFromMs(2_000) },
    nextTimes: [...days, "2026-04-01T01:00:00Z"].map((at) => timestampFromMs(Date.parse(at))),
    ...{ bufferedDueTime: timestampFromMs(3_000), lastDueTime: timestampFromMs(4_000) },
    ...{ lastJobId: record.lastJobId, runs: 5n, skipped: 6n, missed: 7n },
    failure: { reason: "DEPTH_FULL", message: "too many", retryable: true },
  });
});

test("a paused schedule has no next times, and shows why it is paused", () => {
  const { dueMs: _, ...undue } = record;
  const message = scheduleMessage({ ...undue, paused: true, note: "because" });
  expect(message).toMatchObject({ paused: true, pauseNote: "because", nextTimes: [] });
});

test("changes replace what they set, and an interval takes the zone away", () => {
  const changes = create(ScheduleSpecSchema, {
    ...{ catchUp: 0, timing: { case: "interval", value: durationFromMs(5_000) } },
  });
  const changed = changedSpec(scheduleSpecOf(record.details), changes);
  expect(changed).toEqual(
    create(ScheduleSpecSchema, {
      ...{ name: "nightly", catchUp: 0, overlap: OverlapPolicy.BUFFER_ONE },
      ...{ timing: changes.timing, job: { queue: "documents", type: "chat" } },
    }),
  );
  expect(sameTiming(spec, changed)).toBe(false);
  expect(sameTiming(spec, changedSpec(spec, create(ScheduleSpecSchema, { catchUp: 3 })))).toBe(
    true,
  );
});
