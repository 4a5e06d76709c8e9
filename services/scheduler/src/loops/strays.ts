import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";

/** Queues stored jobs again that are in no lane and no set. Each round checks a few hundred keys of each Redis server. */
export const startStrays = (
  engine: Pick<Engine, "recentQueues" | "returnStrays">,
  counter: SchedulerMetrics["jobsRepaired"],
  options: LoopOptions,
): Loop =>
  every(async () => {
    // Prometheus detects an increase only of a series that exists already.
    for (const { name: queue } of await engine.recentQueues()) counter.inc({ queue }, 0);
    await engine.returnStrays();
  }, options);
