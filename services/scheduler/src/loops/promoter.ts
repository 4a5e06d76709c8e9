import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { eachQueue } from "./each-queue.ts";

const BATCH = 500;

/** Queues scheduled jobs that are due. */
export const startPromoter = (
  engine: Pick<Engine, "attendedQueues" | "promote">,
  options: LoopOptions,
): Loop =>
  every(
    async () =>
      eachQueue(await engine.attendedQueues(), async ({ name }) => {
        while ((await engine.promote(name, BATCH)).promoted >= BATCH);
      }),
    options,
  );
