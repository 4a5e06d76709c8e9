import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";

const BATCH = 200;

/** Goes on with groups whose end needs more than one step: see `tendGroups`. */
export const startGroupTender = (
  engine: Pick<Engine, "queues" | "tendGroups">,
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name } of await engine.queues()) {
      while ((await engine.tendGroups(name, BATCH)).more);
    }
  }, options);
