import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { SchedulerMetrics } from "@millrace/telemetry";
import { eachQueue } from "./each-queue.ts";

/** Queues stored jobs again that are in no lane and no set. Each round checks a few hundred keys of each shard. */
export const startStrays = (
  engine: Pick<Engine, "queues" | "returnStrays">,
  counter: SchedulerMetrics["jobsRepaired"],
  options: LoopOptions,
): Loop =>
  every(
    () =>
      eachQueue(engine, async ({ name: queue }) => {
        // Prometheus detects an increase only of a series that exists already.
        counter.inc({ queue }, 0);
        await engine.returnStrays(queue);
      }),
    options,
  );
