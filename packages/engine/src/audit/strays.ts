import { type JobId, parseJobId, type QueueName } from "@millrace/shared";
import type { Redis } from "ioredis";
import type { JobSettings } from "../jobs/contract.ts";
import { retention } from "../jobs/retention.ts";
import { jobKeyPattern } from "../redis/keys.ts";
import type { ShardOfQueue } from "../redis/shard-map.ts";
import { mastersOf, type Store } from "../redis/store-connection.ts";
import type { RepairedJob } from "./contract.ts";
import { repairCounts } from "./repair_counts.ts";
import { repairJobs } from "./repair_jobs.ts";

/** How many keys one scan reads, and how many jobs one call checks. Each occupies Redis for one or two milliseconds. */
const KEYS_AT_ONCE = 500;
const JOBS_AT_ONCE = 100;

export interface Strays {
  /** Checks the next few jobs of each Redis server, and puts back jobs that are in no place. */
  look(stamp: {
    readonly nowMs: number;
    readonly maxEvents: number;
  }): Promise<readonly RepairedJob[]>;
}

/**
 * Goes through the jobs of every server again and again, some at a time. Each engine keeps its own place. The keys of a server
 * are read once for all shards, because a scan passes every key of the server, whatever it looks for.
 */
export function strays(
  redis: Store,
  rootPrefix: string,
  ofQueue: (queue: QueueName) => Promise<readonly ShardOfQueue<JobSettings>[]>,
): Strays {
  const cursors = new Map<string, string>();
  const pattern = jobKeyPattern(rootPrefix);
  /** The ids of the next jobs of a server, by the base of their shard. */
  const jobsOf = async (server: Redis): Promise<ReadonlyMap<string, readonly JobId[]>> => {
    const name = `${server.options.host}:${server.options.port}`;
    const cursor = cursors.get(name) ?? "0";
    const [next, keys] = await server.scan(cursor, "MATCH", pattern, "COUNT", KEYS_AT_ONCE);
    cursors.set(name, next);
    const ids = new Map<string, JobId[]>();
    for (const key of keys) {
      // A key is `<root prefix>:{<queue>:<shard>}:<queue>:<job id>`, and may go on with ":" and what it has of the job.
      const [, base = "", id = ""] = /^(.+?:\{[^{}]+\}:[^:]+:)([^:]+)$/.exec(key) ?? [];
      if (parseJobId(id) === undefined) continue;
      const known = ids.get(base);
      if (known === undefined) ids.set(base, [id as JobId]);
      else known.push(id as JobId);
    }
    return ids;
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
    async look(stamp) {
      const found: RepairedJob[] = [];
      for (const server of mastersOf(redis)) {
        for (const [base, ids] of await jobsOf(server)) {
          const queue = parseJobId(ids[0] ?? "")?.queue;
          const shards = queue === undefined ? [] : await ofQueue(queue);
          const shard = shards.find((one) => one.base === base);
          if (shard === undefined) continue;
          for (let from = 0; from < ids.length; from += JOBS_AT_ONCE) {
            const some = ids.slice(from, from + JOBS_AT_ONCE);
            const request = { ...stamp, ...retention(shard.definition), ids: some };
            const looked = await repairJobs.run(redis, base, request);
            const repaired = looked.filter(({ done }) => done.length > 0);
            found.push(...repaired);
            await countAgain(base, stamp.nowMs, repaired);
          }
        }
      }
      return found;
    },
  };
}
