import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";

const BATCH = 500;

/** Queues scheduled jobs that are due. */
export const startPromoter = (
  engine: Pick<Engine, "queues" | "promote">,
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name } of await engine.queues()) {
      while ((await engine.promote(name, BATCH)).promoted >= BATCH);
    }
  }, options);
