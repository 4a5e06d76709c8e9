import { defineScript } from "../redis/define-script.ts";
import { asList, asNumber, asText } from "../redis/reply.ts";

export interface ShardStats {
  readonly queued: number;
  readonly scheduled: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly lanes: number;
  /** The first job of each lane that was sampled. */
  readonly heads: readonly string[];
  readonly paused: boolean;
  readonly dead: number;
  /** The groups that have not finished, or whose children are being cancelled. */
  readonly groups: number;
}

export const queueStats = defineScript<{ readonly sample: number }, ShardStats>(import.meta.url, {
  name: "queue_stats",
  argv: ["sample"],
  encode: ({ sample }) => [sample],
  decode(reply) {
    const [, ...rest] = asList(reply);
    const [queued = 0, scheduled = 0, running = 0, succeeded = 0, failed = 0, lanes = 0] = rest
      .slice(0, 6)
      .map(asNumber);
    const heads = asList(rest[6]).map(asText);
    const paused = asNumber(rest[7]) === 1;
    const dead = asNumber(rest[8]);
    const groups = asNumber(rest[9]);
    return { queued, scheduled, running, succeeded, failed, lanes, heads, paused, dead, groups };
  },
});
