import { isJobId, parseJobId, type QueueName } from "@millrace/shared";
import { byShard } from "../redis/by-shard.ts";
import type { Shard } from "../redis/keys.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetters } from "./contract.ts";
import { readDeadLetters } from "./read_dead_letters.ts";
import { type DeadLettersParts, redriveLetters } from "./redrive-letters.ts";
import { removeDeadLetters } from "./remove_dead_letters.ts";

/** The most letters that one call reads. A filter that matches few of them gives short pages instead. */
const MAX_READ = 2_000;
const READ_AT_ONCE = 200;

export interface DeadLetterStore extends DeadLetters {
  /** Removes up to `limit` letters of each shard that are past their queue's retention. */
  prune(queue: QueueName, limit: number): Promise<{ removed: number; more: boolean }>;
}

/** The jobs that failed for good. jobs/lib/dead.lua says where they are stored. */
export function deadLetterStore(parts: DeadLettersParts): DeadLetterStore {
  const { redis, shards, clock } = parts;
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

    redrive: (letters) => redriveLetters(parts, letters),

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
          // One call removes the whole group, and returns how many of it existed.
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

function matches({ job }: DeadLetter, { keyId, type, reason }: DeadLetterFilter): boolean {
  if (keyId !== undefined && parseJobId(job.id)?.keyId !== keyId) return false;
  if (type !== undefined && job.type !== type) return false;
  return reason === undefined || job.failure?.reason === reason;
}

/** Whether the text has the form of a token that `list` returns. */
export const isDeadLetterToken = (token: string): boolean => parseToken(token) !== undefined;

/** A place in the order of dead letters: a time, and an id among the letters of that time. */
type Place = readonly [ms: number, id: string];

const placeOf = ({ diedAtMs, job }: DeadLetter): Place => [diedAtMs, job.id];
const newestFirst = (a: DeadLetter, b: DeadLetter) =>
  b.diedAtMs - a.diedAtMs || (a.job.id < b.job.id ? 1 : -1);
const formatToken = ([ms, id]: Place): string => `${ms}:${id}`;

function parseToken(token: string | undefined): Place | undefined {
  const [, ms, id = ""] = /^(\d{1,16}):(\S+)$/.exec(token ?? "") ?? [];
  return ms === undefined || !isJobId(id) ? undefined : [Number(ms), id];
}
