/** The scripts of FairBackend: BullMQ's own, as they are, in the frame that shows them lanes, and one for bulk. */
import { fileURLToPath } from "node:url";
import { loadLua } from "../redis/define-script.ts";

const inLua = (file: string) => fileURLToPath(new URL(`lua/${file}`, import.meta.url));

export const addPlainJobs = {
  numberOfKeys: 1,
  lua: loadLua(inLua("add_plain_jobs.lua")),
};

const frame = loadLua(inLua("frame.lua"));
const PLACE = "--- @bullmq";

/**
 * Scripts that neither read nor move what waits, nor remove jobs. One that is not named here is
 * framed, which is never wrong.
 */
const unconcerned = new Set([
  "addLog",
  "changeDelay",
  "extendLock",
  "extendLocks",
  "getDependencyCounts",
  "getJobScheduler",
  "getMetrics",
  "getRateLimitTtl",
  "isFinished",
  "isJobInList",
  "isMaxed",
  "paginate",
  "releaseLock",
  "removeDeduplicationKey",
  "saveStacktrace",
  "updateData",
  "updateProgress",
]);

export function framed(name: string, lua: string): string {
  if (unconcerned.has(name)) return lua;
  const [before, after, ...rest] = frame.split(PLACE);
  if (before === undefined || after === undefined || rest.length > 0) {
    throw new Error("the frame has no one place for a script");
  }
  return before + lua + after;
}
