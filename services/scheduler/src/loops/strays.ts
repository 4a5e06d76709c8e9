import type { Engine } from "@millrace/engine";
import type { Metrics } from "@millrace/telemetry";
import { every, type Loop, type LoopOptions } from "./every.ts";

/** Puts jobs back that are stored, and in no place: a round looks at a few hundred keys of each shard. */
export const startStrays = (
  engine: Pick<Engine, "queues" | "returnStrays">,
  counter: Metrics["jobsRepaired"],
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name: queue } of await engine.queues()) {
      // Prometheus sees an increase only of what it has seen before.
      counter.inc({ queue }, 0);
      await engine.returnStrays(queue);
    }
  }, options);
