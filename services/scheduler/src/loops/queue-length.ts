import type { Engine } from "@millrace/engine";
import type { Metrics } from "@millrace/telemetry";
import { every, type Loop, type LoopOptions } from "./every.ts";

const states = ["queued", "scheduled", "running", "succeeded", "failed"] as const;

/** Sets the gauge of how many jobs of each queue are in each state. */
export const startQueueLength = (
  engine: Pick<Engine, "queues" | "stats">,
  gauge: Metrics["queueLength"],
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name: queue } of await engine.queues()) {
      const stats = await engine.stats(queue);
      for (const state of states) gauge.set({ queue, state }, stats[state]);
    }
  }, options);
