import type { Engine, ScheduleRecord } from "@millrace/engine";
import { type Loop, type LoopOptions, paced } from "@millrace/shared";

/** How many schedules of a shard are looked at together. */
const BATCH = 100;
/** How long a scheduler that dies during a look keeps others from the same schedules. */
const CLAIM_MS = 5_000;

/** Submits the runs of schedules that are due. It pauses until the next due time, and at most `everyMs`. */
export const startSchedules = (
  engine: Pick<Engine, "queues" | "takeSchedules">,
  run: (schedules: readonly ScheduleRecord[]) => Promise<void>,
  options: LoopOptions,
): Loop =>
  paced(async () => {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { name } of await engine.queues()) {
      for (;;) {
        const { schedules, nextLookMs } = await engine.takeSchedules(name, BATCH, CLAIM_MS);
        if (schedules.length === 0) {
          nextMs = Math.min(nextMs, nextLookMs ?? Number.POSITIVE_INFINITY);
          break;
        }
        await run(schedules);
      }
    }
    return Math.max(0, nextMs - options.clock.nowMs());
  }, options);
