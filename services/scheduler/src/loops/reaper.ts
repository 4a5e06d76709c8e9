import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";

const BATCH = 200;

/** Takes back expired leases, and ends waiting jobs that have expired. */
export const startReaper = (engine: Pick<Engine, "queues" | "reap">, options: LoopOptions): Loop =>
  every(async () => {
    for (const { name } of await engine.queues()) {
      while ((await engine.reap(name, BATCH)).more);
    }
  }, options);
