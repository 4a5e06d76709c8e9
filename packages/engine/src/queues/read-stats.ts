import type { Shard } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import type { QueueStats } from "./contract.ts";
import { queueStats, type ShardStats } from "./queue_stats.ts";

const SAMPLED_LANES = 128;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_TIME_CHARS = 10;

export async function readStats(redis: Store, shards: readonly Shard[]): Promise<QueueStats> {
  const each = await Promise.all(
    shards.map(({ base }) => queueStats.run(redis, base, { sample: SAMPLED_LANES })),
  );
  const sum = (field: Exclude<keyof ShardStats, "heads" | "paused">) =>
    each.reduce((total, stats) => total + stats[field], 0);
  const oldestQueuedMs = each
    .flatMap(({ heads }) => heads.map(submittedMs))
    .reduce((oldest, ms) => Math.min(oldest, ms), Number.POSITIVE_INFINITY);
  return {
    queued: sum("queued"),
    scheduled: sum("scheduled"),
    running: sum("running"),
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    dead: sum("dead"),
    lanes: sum("lanes"),
    groups: sum("groups"),
    paused: each.length > 0 && each.every(({ paused }) => paused),
    ...(Number.isFinite(oldestQueuedMs) ? { oldestQueuedMs } : {}),
  };
}

/** The time in a job id's ULID; infinite for plain BullMQ ids, which have no ULID. */
function submittedMs(jobId: string): number {
  const ulid = jobId.split("~")[2];
  if (ulid === undefined) return Number.POSITIVE_INFINITY;
  return [...ulid.slice(0, ULID_TIME_CHARS)].reduce(
    (ms, char) => ms * 32 + CROCKFORD.indexOf(char),
    0,
  );
}
