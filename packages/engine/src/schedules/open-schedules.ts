import { limits, parseScheduleId, type ScheduleId, scheduleIdOf } from "@millrace/shared";
import { byShard } from "../redis/by-shard.ts";
import { scheduleIndex, shardIndex } from "../redis/keys.ts";
import type { EngineParts } from "../redis/parts.ts";
import type { ShardOfQueue } from "../redis/shard-map.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type {
  ScheduleFilter,
  SchedulePage,
  ScheduleRecord,
  ScheduleSettings,
  Schedules,
} from "./contract.ts";
import { deleteSchedule } from "./delete_schedule.ts";
import { noteRun } from "./note_run.ts";
import { putSchedule } from "./put_schedule.ts";
import { readSchedules } from "./read_schedules.ts";
import { takeSchedules } from "./take_schedules.ts";

export interface SchedulesParts extends EngineParts<ScheduleSettings> {
  /** How many bytes a key may store in a queue if its budget sets no limit. */
  readonly bytesLimit: () => number;
}

type ShardOf = ShardOfQueue<ScheduleSettings> | undefined;

export function openSchedules(parts: SchedulesParts): Schedules {
  const { redis, clock, shards, bytesLimit } = parts;

  const shardOf = async (id: ScheduleId): Promise<ShardOf> => {
    const { queue, keyId } = parseScheduleId(id) ?? {};
    if (queue === undefined || keyId === undefined) return undefined;
    const all = await shards.ofQueue(queue);
    return all[shardIndex(keyId, Math.max(1, all.length))];
  };

  return {
    async putSchedule(change) {
      const shard = await shardOf(change.id);
      if (shard === undefined) return { kind: "notFound" };
      const request = { ...change, nowMs: clock.nowMs(), bytesLimit: bytesLimit() };
      return putSchedule.run(redis, shard.base, request);
    },

    async deleteSchedule(id) {
      const shard = await shardOf(id);
      return shard !== undefined && (await deleteSchedule.run(redis, shard.base, { id }));
    },

    async getSchedules(ids) {
      const found = new Map(
        await Promise.all(ids.map(async (id) => [id, await shardOf(id)] as const)),
      );
      return byShard<ScheduleId, NonNullable<ShardOf>, ScheduleRecord | undefined>(
        ids,
        (id) => found.get(id),
        () => 32_768,
        ({ base }, some) => readSchedules.run(redis, base, { ids: some }),
        () => undefined,
      );
    },

    listSchedules: (filter) => listSchedules(parts, filter),

    async takeSchedules(queue, limit, claimMs) {
      const request = { nowMs: clock.nowMs(), limit, claimMs, mostBytes: TAKEN_BYTES };
      const results = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base }) => takeSchedules.run(redis, base, request)),
      );
      const next = results.flatMap(({ nextLookMs }) => nextLookMs ?? []);
      return {
        schedules: results.flatMap(({ schedules }) => schedules),
        ...(next.length === 0 ? {} : { nextLookMs: Math.min(...next) }),
      };
    },

    async noteRun(note) {
      const shard = await shardOf(note.id);
      if (shard === undefined) return false;
      return noteRun.run(redis, shard.base, { ...note, nowMs: clock.nowMs() });
    },
  };
}

/** About how many bytes of schedules one call takes from a shard. A schedule may have a quarter of a MiB. */
const TAKEN_BYTES = 1_048_576;

/** How many schedules one call reads, and the most bytes of a page. */
const READ_AT_ONCE = 25;
const MOST_BYTES = limits.messageBytes;

/** The page token is the last name that was read. */
async function listSchedules(
  { redis, shards }: SchedulesParts,
  { keyId, queue, pageSize, pageToken }: ScheduleFilter,
): Promise<SchedulePage> {
  const all = await shards.ofQueue(queue);
  const shard = all[shardIndex(keyId, Math.max(1, all.length))];
  if (shard === undefined) return { schedules: [] };
  const schedules: ScheduleRecord[] = [];
  let above = pageToken;
  for (let bytes = 0; schedules.length < pageSize; ) {
    const want = Math.min(READ_AT_ONCE, pageSize - schedules.length);
    const from = above === undefined ? "-" : `(${above}`;
    const names = await redis
      .zrangebylex(scheduleIndex(shard, keyId), from, "+", "LIMIT", 0, want)
      .catch((error: unknown) => {
        throw asStoreFault(error, "listing schedules");
      });
    if (names.length === 0) return { schedules };
    const ids = names.map((name) => scheduleIdOf(queue, keyId, name));
    const found = await readSchedules.run(redis, shard.base, { ids });
    for (const [at, schedule] of found.entries()) {
      bytes += schedule === undefined ? 0 : Buffer.byteLength(schedule.details) + SHOWN_BYTES;
      if (bytes > MOST_BYTES && schedules.length > 0) return { schedules, ...tokenOf(above) };
      if (schedule !== undefined) schedules.push(schedule);
      above = names[at];
    }
    if (names.length < want) return { schedules };
  }
  return { schedules, ...tokenOf(above) };
}

/** What a schedule takes in a page besides its details. */
const SHOWN_BYTES = 512;

const tokenOf = (name: string | undefined) => (name === undefined ? {} : { nextPageToken: name });
