import type { Engine, ScheduleRecord } from "@millrace/engine";
import { type Loop, type LoopOptions, paced, type QueueName } from "@millrace/shared";
import { eachQueue } from "./each-queue.ts";

/** How many schedules of a shard are looked at together. */
const BATCH = 100;
/** How long a scheduler that dies during a look keeps others from the same schedules. */
const CLAIM_MS = 5_000;

/** Submits the runs of schedules that are due. It pauses until the next due time, and at most `everyMs`. */
export const startSchedules = (
  engine: Pick<Engine, "attendedQueues" | "takeSchedules">,
  run: (schedules: readonly ScheduleRecord[]) => Promise<void>,
  options: LoopOptions,
): Loop =>
  paced(async () => {
    let nextMs = Number.POSITIVE_INFINITY;
    await eachQueue(await engine.attendedQueues(), async ({ name }) => {
      nextMs = Math.min(nextMs, await runDue(engine, name, run));
    });
    return Math.max(0, nextMs - options.clock.nowMs());
  }, options);

/** Runs what is due in a queue. Returns when the next schedule is to be looked at. */
async function runDue(
  engine: Pick<Engine, "takeSchedules">,
  queue: QueueName,
  run: (schedules: readonly ScheduleRecord[]) => Promise<void>,
): Promise<number> {
  for (;;) {
    const { schedules, nextLookMs } = await engine.takeSchedules(queue, BATCH, CLAIM_MS);
    if (schedules.length === 0) return nextLookMs ?? Number.POSITIVE_INFINITY;
    await run(schedules);
  }
}
