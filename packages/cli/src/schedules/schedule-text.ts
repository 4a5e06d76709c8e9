import type { Schedule } from "@millrace/client";
import { printableJson } from "../printable.ts";
import { details } from "../table.ts";
import { timeText } from "../times.ts";

/** `45 s`, `5 min`, `36 h`: the largest unit of which a duration has a whole number. */
export function durationText(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const;
  const [unit, size] = units.find(([, one]) => ms % one === 0) ?? ["ms", 1];
  return `${ms / size} ${unit}`;
}

/** When a schedule is due: `30 2 * * * in Europe/Berlin`, `every 5 min`. */
export const timingText = ({ cron, intervalMs, timeZone = "UTC" }: Schedule): string =>
  cron === undefined ? `every ${durationText(intervalMs ?? 0)}` : `${cron} in ${timeZone}`;

/** A due time in the schedule's zone and in UTC. */
export function dueText(time: Date, timeZone = "UTC"): string {
  const utc = timeText(time) ?? "";
  if (timeZone === "UTC") return utc;
  const zoned = new Intl.DateTimeFormat("sv-SE", {
    ...{ timeZone, dateStyle: "short", timeStyle: "medium" },
  }).format(time);
  const offset = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "longOffset" })
    .formatToParts(time)
    .find(({ type }) => type === "timeZoneName")?.value;
  return `${zoned} ${offset?.replace("GMT", "") || "+00:00"} (${utc})`;
}

/** Formats a schedule for people. */
export function scheduleText(schedule: Schedule): string {
  const { job, paused, pauseNote, nextTimes, timeZone, failure } = schedule;
  const [first, ...later] = nextTimes;
  return details([
    ["id", schedule.id],
    ["state", paused ? `paused${pauseNote === undefined ? "" : `: ${pauseNote}`}` : "active"],
    ["due", timingText(schedule)],
    ["next times", first && dueText(first, timeZone)],
    ...later.map((time) => ["", dueText(time, timeZone)] as [string, string]),
    ["job", `${job.type} in ${job.queue}`],
    ["payload", job.payload === undefined ? undefined : printableJson(job.payload)],
    ["overlap", schedule.overlap],
    ["catches up", String(schedule.catchUp ?? 1)],
    ["jitter", schedule.jitterMs === undefined ? undefined : durationText(schedule.jitterMs)],
    ["runs", `${schedule.runs}, ${schedule.skipped} skipped, ${schedule.missed} missed`],
    ["last run", schedule.lastDueTime && dueText(schedule.lastDueTime, timeZone)],
    ["last job", schedule.lastJobId],
    ["buffered", schedule.bufferedDueTime && dueText(schedule.bufferedDueTime, timeZone)],
    ["failure", failure && `${failure.reason}: ${failure.message}`],
    ["created", timeText(schedule.createTime)],
    ["updated", timeText(schedule.updateTime)],
  ]);
}
