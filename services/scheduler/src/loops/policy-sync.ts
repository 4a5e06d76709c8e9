import type { Engine } from "@millrace/engine";
import { every, type Loop, type LoopOptions } from "./every.ts";

/** Mends what a change of budgets or accounts that died half-way has left, and takes back what idle shards hold. */
export const startPolicySync = (engine: Pick<Engine, "syncPolicy">, options: LoopOptions): Loop =>
  every(() => engine.syncPolicy(), options);
