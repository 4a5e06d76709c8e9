import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { eachQueue } from "./each-queue.ts";

const BATCH = 200;

/** Goes on with groups whose end needs more than one step: see `tendGroups`. */
export const startGroupTender = (
  engine: Pick<Engine, "attendedQueues" | "tendGroups">,
  options: LoopOptions,
): Loop =>
  every(
    async () =>
      eachQueue(await engine.attendedQueues(), async ({ name }) => {
        while ((await engine.tendGroups(name, BATCH)).more);
      }),
    options,
  );
