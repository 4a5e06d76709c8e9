import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { eachQueue } from "./each-queue.ts";

const BATCH = 200;

/** Removes finished jobs whose retention has ended. */
export const startPruner = (
  engine: Pick<Engine, "recentQueues" | "prune">,
  options: LoopOptions,
): Loop =>
  every(
    async () =>
      eachQueue(await engine.recentQueues(), async ({ name }) => {
        while ((await engine.prune(name, BATCH)).more);
      }),
    options,
  );
