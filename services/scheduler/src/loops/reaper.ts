import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "@millrace/shared";
import { eachQueue } from "./each-queue.ts";

const BATCH = 200;

/** Takes back expired leases, and ends waiting jobs that have expired. */
export const startReaper = (
  engine: Pick<Engine, "attendedQueues" | "reap">,
  options: LoopOptions,
): Loop =>
  every(
    async () =>
      eachQueue(await engine.attendedQueues(), async ({ name }) => {
        while ((await engine.reap(name, BATCH)).more);
      }),
    options,
  );
