import { newJobId, parseJobId, type Random } from "@millrace/shared";
import type { JobSpec } from "../jobs/contract.ts";
import { takes } from "../jobs/open-jobs.ts";
import { byShard } from "../redis/by-shard.ts";
import type { EngineParts } from "../redis/parts.ts";
import { MAX_EVENTS } from "../redis/stamp.ts";
import type { DeadLetter, RedriveCounts, RetentionSettings } from "./contract.ts";
import { redrive } from "./redrive.ts";

export interface DeadLettersParts extends EngineParts<RetentionSettings> {
  /** How many bytes a key may store in a queue if its budget sets no limit. */
  readonly bytesLimit: () => number;
}

/** Makes a new job of each dead letter that its queue and its key have room for. */
export async function redriveLetters(
  { redis, clock, random, shards, bytesLimit }: DeadLettersParts,
  letters: readonly DeadLetter[],
): Promise<RedriveCounts> {
  const nowMs = clock.nowMs();
  const map = await shards.forJobs(letters.map(({ job }) => job.id));
  const outcomes = await byShard(
    letters,
    ({ job }) => {
      const shard = map(job.id);
      // The children of a group were taken by their group's rules, and the group may wait for them.
      return shard && (job.group || takes(shard.definition, job.type)) ? shard : undefined;
    },
    () => 4_096,
    ({ base, definition }, group) =>
      redrive.run(redis, base, {
        nowMs,
        maxEvents: MAX_EVENTS,
        depthLimit: definition.maxDepthPerKey,
        topPriority: definition.maxPriority,
        bytesLimit: bytesLimit(),
        letters: group.map(({ job }) => ({ id: job.id, job: redriven(job, nowMs, random) })),
      }),
    () => "REFUSED" as const,
  );
  const count = (word: string) => outcomes.filter((outcome) => outcome === word).length;
  return {
    redriven: count("REDRIVEN"),
    refused: count("REFUSED") + count("INVALID"),
    gone: count("GONE"),
  };
}

/** The new job for a dead letter: what was submitted, without what belonged to the first job only. */
function redriven(job: DeadLetter["job"], nowMs: number, random: Random): JobSpec {
  const { runAtMs, expiresAtMs, deadlineMs, ...spec } = job;
  const { idempotencyKey, idempotencyWindowMs, contentHash, deduplication, ...kept } = spec;
  const parts = parseJobId(job.id);
  if (parts === undefined) throw new Error(`the dead letter ${job.id} has no valid job id`);
  return {
    ...kept,
    id: newJobId(parts.queue, parts.keyId, nowMs, random),
    submittedAtMs: nowMs,
    redrivenFrom: job.id,
  };
}
