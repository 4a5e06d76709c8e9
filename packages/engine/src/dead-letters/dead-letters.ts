import { isJobId, newJobId, parseJobId, type QueueName, type Random } from "@millrace/shared";
import type { JobSpec } from "../jobs/contract.ts";
import { byShard } from "../redis/by-shard.ts";
import type { Shard } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import { MAX_EVENTS } from "../redis/stamp.ts";
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetters,
  RedriveCounts,
  RetentionSettings,
} from "./contract.ts";
import { readDeadLetters } from "./read_dead_letters.ts";
import { redrive } from "./redrive.ts";
import { removeDeadLetters } from "./remove_dead_letters.ts";

/** How many one call reads at most: a filter that matches little gives short pages instead. */
const MAX_READ = 2_000;
const READ_AT_ONCE = 200;

export interface DeadLettersParts extends EngineParts<RetentionSettings> {
  /** How many bytes a key may store in a queue where its budget does not say. */
  readonly bytesLimit: () => number;
}

export interface DeadLetterStore extends DeadLetters {
  /** Removes up to `limit` of each shard that are past their queue's retention. */
  prune(queue: QueueName, limit: number): Promise<{ removed: number; more: boolean }>;
}

/** Jobs that failed for good; jobs/lib/dead.lua says where they are. */
export function deadLetterStore({
  redis,
  shards,
  clock,
  random,
  bytesLimit,
}: DeadLettersParts): DeadLetterStore {
  const readFrom = async (
    from: readonly Shard[],
    filter: DeadLetterFilter,
    before: Place,
    view: "full" | "summary",
  ): Promise<readonly DeadLetter[]> => {
    const { ids = [], sinceMs = 0 } = filter;
    const [beforeMs, beforeId] = before;
    const shardOf = await shards.forJobs(ids);
    const found = await Promise.all(
      from.map((shard) => {
        const own = ids.filter((id) => shardOf(id)?.base === shard.base);
        if (ids.length > 0 && own.length === 0) return [];
        const request = { beforeMs, beforeId, sinceMs, count: READ_AT_ONCE, view, ids: own };
        return readDeadLetters.run(redis, shard.base, request);
      }),
    );
    return found.flat().sort(newestFirst).slice(0, Math.max(READ_AT_ONCE, ids.length));
  };

  const list = async (filter: DeadLetterFilter, pageSize: number, pageToken?: string) => {
    const from = await shards.ofQueue(filter.queue);
    const letters: DeadLetter[] = [];
    let before: Place = parseToken(pageToken) ?? [filter.beforeMs ?? Number.MAX_SAFE_INTEGER, ""];
    for (let read = 0; read < MAX_READ; ) {
      const found = await readFrom(from, filter, before, "summary");
      for (const letter of found) {
        before = placeOf(letter);
        read += 1;
        if (matches(letter, filter)) letters.push(letter);
        if (letters.length === pageSize) return { letters, nextPageToken: formatToken(before) };
      }
      if (found.length < READ_AT_ONCE || (filter.ids?.length ?? 0) > 0) return { letters };
    }
    return { letters, nextPageToken: formatToken(before) };
  };

  return {
    list: (filter, pageSize, pageToken): Promise<DeadLetterPage> =>
      list(filter, pageSize, pageToken),

    async get(id) {
      const queue = parseJobId(id)?.queue;
      if (queue === undefined) return undefined;
      const from = await shards.ofQueue(queue);
      const before: Place = [Number.MAX_SAFE_INTEGER, ""];
      const [letter] = await readFrom(from, { queue, ids: [id] }, before, "full");
      return letter;
    },

    async redrive(letters): Promise<RedriveCounts> {
      const nowMs = clock.nowMs();
      const map = await shards.forJobs(letters.map(({ job }) => job.id));
      const outcomes = await byShard(
        letters,
        ({ job }) => {
          const shard = map(job.id);
          const types = shard?.definition.types ?? [];
          return types.length === 0 || types.includes(job.type) ? shard : undefined;
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
    },

    async remove(ids) {
      const removed = await byShard(
        ids,
        await shards.forJobs(ids),
        () => 128,
        async ({ base }, group) => {
          const count = await removeDeadLetters.run(redis, base, {
            beforeMs: 0,
            limit: 0,
            ids: group,
          });
          // One call removes the whole group, and says how many there were.
          return group.map((_, at) => (at === 0 ? count : 0));
        },
        () => 0,
      );
      return removed.reduce((sum, count) => sum + count, 0);
    },

    async prune(queue, limit) {
      const nowMs = clock.nowMs();
      const removed = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base, definition }) =>
          removeDeadLetters.run(redis, base, {
            beforeMs: nowMs - definition.retainDeadLettersMs,
            limit,
            ids: [],
          }),
        ),
      );
      return {
        removed: removed.reduce((sum, count) => sum + count, 0),
        more: removed.some((count) => count === limit),
      };
    },
  };
}

/** The job to make of a dead letter: as it was submitted, but for what belongs to its first life. */
function redriven(job: DeadLetter["job"], nowMs: number, random: Random): JobSpec {
  const { runAtMs, expiresAtMs, deadlineMs, ...spec } = job;
  const { idempotencyKey, idempotencyWindowMs, contentHash, deduplication, ...kept } = spec;
  const parts = parseJobId(job.id);
  if (parts === undefined) throw new Error(`a dead letter without a job id: ${job.id}`);
  return {
    ...kept,
    id: newJobId(parts.queue, parts.keyId, nowMs, random),
    submittedAtMs: nowMs,
    redrivenFrom: job.id,
  };
}

function matches({ job }: DeadLetter, { keyId, type, reason }: DeadLetterFilter): boolean {
  if (keyId !== undefined && parseJobId(job.id)?.keyId !== keyId) return false;
  if (type !== undefined && job.type !== type) return false;
  return reason === undefined || job.failure?.reason === reason;
}

/** Whether `list` can have given this token. */
export const isDeadLetterToken = (token: string): boolean => parseToken(token) !== undefined;

/** A place in the order of dead letters: a time, and an id within it. */
type Place = readonly [ms: number, id: string];

const placeOf = ({ diedAtMs, job }: DeadLetter): Place => [diedAtMs, job.id];
const newestFirst = (a: DeadLetter, b: DeadLetter) =>
  b.diedAtMs - a.diedAtMs || (a.job.id < b.job.id ? 1 : -1);
const formatToken = ([ms, id]: Place): string => `${ms}:${id}`;

function parseToken(token: string | undefined): Place | undefined {
  const [, ms, id = ""] = /^(\d{1,16}):(\S+)$/.exec(token ?? "") ?? [];
  return ms === undefined || !isJobId(id) ? undefined : [Number(ms), id];
}
