import { type JobId, parseJobId, type QueueName } from "@millrace/shared";
import type { JobSettings } from "../jobs/contract.ts";
import { retention } from "../jobs/retention.ts";
import { scanKeys } from "../redis/scan_keys.ts";
import type { ShardOfQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import type { RepairedJob } from "./contract.ts";
import { repairCounts } from "./repair_counts.ts";
import { repairJobs } from "./repair_jobs.ts";

/** How many keys one scan reads, and how many jobs one call checks. Each occupies Redis for one or two milliseconds. */
const KEYS_AT_ONCE = 500;
const JOBS_AT_ONCE = 100;

export interface Strays {
  /** Checks the next few jobs of each shard of a queue, and puts back jobs that are in no place. */
  look(
    shards: readonly ShardOfQueue<JobSettings>[],
    stamp: { readonly nowMs: number; readonly maxEvents: number },
  ): Promise<readonly RepairedJob[]>;
}

/** Goes through the jobs of every shard again and again, some at a time. Each engine keeps its own place. */
export function strays(redis: Store): Strays {
  const cursors = new Map<string, string>();
  const jobsOf = async (base: string, queue: QueueName): Promise<readonly JobId[]> => {
    const pattern = `${base.replace(/[\\[\]{}*?]/g, "\\$&")}${queue}~*~*`;
    const cursor = cursors.get(base) ?? "0";
    const scanned = await scanKeys.run(redis, base, { cursor, pattern, count: KEYS_AT_ONCE });
    cursors.set(base, scanned.cursor);
    return scanned.names
      .map((name) => name.slice(base.length) as JobId)
      .filter((id) => !id.includes(":"));
  };
  /**
   * Counts again what the keys of these jobs store. A script that was cut short may have written a job but not the count,
   * which it writes last. It counts one key in a call, because a call reads all jobs of its key.
   */
  const countAgain = async (base: string, nowMs: number, jobs: readonly RepairedJob[]) => {
    for (const key of new Set(jobs.map(({ jobId }) => parseJobId(jobId)?.keyId ?? ""))) {
      const subjects = [key, `${key}:d`].map((name) => ({ kind: "stored", name }) as const);
      await repairCounts.run(redis, base, { nowMs, subjects });
    }
  };
  return {
    async look(shards, stamp) {
      const found: RepairedJob[] = [];
      for (const { base, definition } of shards) {
        const ids = await jobsOf(base, definition.name);
        for (let from = 0; from < ids.length; from += JOBS_AT_ONCE) {
          const some = ids.slice(from, from + JOBS_AT_ONCE);
          const request = { ...stamp, ...retention(definition), ids: some };
          const looked = await repairJobs.run(redis, base, request);
          const repaired = looked.filter(({ done }) => done.length > 0);
          found.push(...repaired);
          await countAgain(base, stamp.nowMs, repaired);
        }
      }
      return found;
    },
  };
}
