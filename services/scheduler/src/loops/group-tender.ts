import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "./every.ts";

const BATCH = 100;

/** Goes on with groups that are decided, late or past their retention. */
export const startGroupTender = (
  engine: Pick<Engine, "queues" | "tendGroups">,
  options: LoopOptions,
): Loop =>
  every(async () => {
    for (const { name } of await engine.queues()) {
      while ((await engine.tendGroups(name, BATCH)).more);
    }
  }, options);
