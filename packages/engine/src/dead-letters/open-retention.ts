import { pruneJobs } from "../jobs/prune_jobs.ts";
import { retention } from "../jobs/retention.ts";
import { stampOf } from "../redis/stamp.ts";
import type { Retention } from "./contract.ts";
import { deadLetterStore } from "./dead-letters.ts";
import type { DeadLettersParts } from "./redrive-letters.ts";

export function openRetention(parts: DeadLettersParts): Retention {
  const { redis, clock, shards } = parts;
  const deadLetters = deadLetterStore(parts);
  return {
    deadLetters,
    async prune(queue, limit) {
      const stamp = stampOf(clock);
      const results = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base, definition }) => {
          const keepCount = definition.retainCount;
          return pruneJobs.run(redis, base, {
            ...stamp,
            ...retention(definition),
            keepCount,
            limit,
          });
        }),
      );
      const dead = await deadLetters.prune(queue, limit);
      return {
        pruned: results.reduce((sum, { pruned }) => sum + pruned, dead.removed),
        more: dead.more || results.some((result) => result.more),
      };
    },
  };
}
