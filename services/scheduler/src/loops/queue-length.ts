import type { Engine } from "@millrace/engine";
import type { Metrics } from "@millrace/telemetry";
import { every, type Loop, type LoopOptions } from "./every.ts";

const states = ["queued", "scheduled", "running", "succeeded", "failed"] as const;

/** Sets the gauges of how many jobs of each queue are in each state, and how many groups have not finished. */
export const startQueueLength = (
  engine: Pick<Engine, "queues" | "stats" | "outbox">,
  {
    queueLength,
    groupsUnfinished,
    outboxLength,
  }: Pick<Metrics, "queueLength" | "groupsUnfinished" | "outboxLength">,
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name: queue } of await engine.queues()) {
      const stats = await engine.stats(queue);
      for (const state of states) queueLength.set({ queue, state }, stats[state]);
      groupsUnfinished.set({ queue }, stats.groups);
      outboxLength.set({ queue }, await engine.outbox.length(queue));
    }
  }, options);
