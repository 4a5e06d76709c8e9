import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";

const BATCH = 200;

/** Removes finished jobs whose retention has ended. */
export const startPruner = (engine: Pick<Engine, "queues" | "prune">, options: LoopOptions): Loop =>
  every(async () => {
    for (const { name } of await engine.queues()) {
      while ((await engine.prune(name, BATCH)).more);
    }
  }, options);
