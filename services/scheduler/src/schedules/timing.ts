import { createHash } from "node:crypto";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import type { ScheduleId } from "@millrace/shared";
import { Cron } from "croner";
import { LRUCache } from "lru-cache";
import type { DueTimes } from "../policy/schedule-step.ts";

/** How many cron expressions are kept compiled. Many schedules share theirs. */
const KNOWN_CRONS = 2_000;
const DEFAULT_ZONE = "UTC";

/** A compiled cron expression. */
interface CronTimes extends Pick<DueTimes, "next" | "last"> {
  /** The last answer of `next`: schedules that share an expression ask for the same time. */
  known: { readonly afterMs: number; readonly nextMs: number | undefined } | undefined;
}

const crons = new LRUCache<string, CronTimes>({ max: KNOWN_CRONS });

/**
 * The due times of a cron expression. Croner decides about times that a change of the clocks skips or repeats: see
 * docs/schedules.md. Throws if the expression or the zone is not valid.
 */
function cronTimes(expression: string, zone: string): CronTimes {
  const name = `${zone} ${expression}`;
  const found = crons.get(name);
  if (found !== undefined) return found;
  const cron = new Cron(expression, { timezone: zone, paused: true });
  const times: CronTimes = {
    known: undefined,
    next(afterMs) {
      if (times.known?.afterMs === afterMs) return times.known.nextMs;
      const nextMs = cron.nextRun(new Date(afterMs))?.getTime();
      times.known = { afterMs, nextMs };
      return nextMs;
    },
    last(atMs) {
      // Croner counts whole seconds, and leaves out the second at which it begins.
      const after = new Date((Math.floor(atMs / 1_000) + 1) * 1_000);
      return cron.previousRuns(1, after)[0]?.getTime();
    },
  };
  crons.set(name, times);
  return times;
}

function intervalTimes(intervalMs: number, fromMs: number): Pick<DueTimes, "next" | "last"> {
  const at = (n: number) => fromMs + Math.max(1, n) * intervalMs;
  return {
    next: (afterMs) => at(Math.floor((afterMs - fromMs) / intervalMs) + 1),
    last(atMs) {
      const n = Math.floor((atMs - fromMs) / intervalMs);
      return n < 1 ? undefined : at(n);
    },
  };
}

/** The due times of a schedule, whose interval counts from `timedFromMs`. Throws if its cron expression is not valid. */
export function dueTimes(id: ScheduleId, spec: ScheduleSpec, timedFromMs: number): DueTimes {
  const jitterMs = spec.jitter === undefined ? 0 : durationMs(spec.jitter);
  return {
    ...timesOf(spec, timedFromMs),
    submitMs: (dueMs) => dueMs + jitterOf(id, dueMs, jitterMs),
  };
}

/** As dueTimes, without the jitter. */
export function timesOf(
  { timing, timeZone }: Pick<ScheduleSpec, "timing" | "timeZone">,
  timedFromMs: number,
): Pick<DueTimes, "next" | "last"> {
  if (timing.case === "interval") return intervalTimes(durationMs(timing.value), timedFromMs);
  return cronTimes(timing.value ?? "", timeZone || DEFAULT_ZONE);
}

/** From 0 to `jitterMs`, and the same on every scheduler: it depends on the schedule and the due time alone. */
function jitterOf(id: ScheduleId, dueMs: number, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const hash = createHash("sha256").update(`${id} ${dueMs}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * (jitterMs + 1));
}

/** The next due times after a time, up to `count`. */
export function nextTimes(
  times: Pick<DueTimes, "next">,
  afterMs: number,
  count: number,
): readonly number[] {
  const found: number[] = [];
  for (let at = times.next(afterMs); at !== undefined; at = times.next(at)) {
    found.push(at);
    if (found.length >= count) break;
  }
  return found;
}
