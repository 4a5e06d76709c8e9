/** The scripts of FairBackend: BullMQ's own scripts, unchanged, in a frame that shows them lanes, and one script for bulk. */
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
 * The scripts that neither read nor move waiting jobs, nor remove jobs. A script that is not in this list is framed, which
 * is always correct.
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
    throw new Error(`bullmq/lua/frame.lua must contain "${PLACE}" exactly once`);
  }
  return before + lua + after;
}
