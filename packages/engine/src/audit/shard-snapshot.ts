import type { Shard } from "../redis/keys.ts";
import { scanKeys } from "../redis/scan_keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";

/** How many keys one SCAN reads, and how many commands are sent together, so that Redis is never occupied for long. */
const SCAN_COUNT = 1_000;
const AT_ONCE = 500;

export type Hash = Readonly<Record<string, string>>;

/** Everything that is stored in a shard, read in several calls. It is exact if nothing changes meanwhile. */
export interface ShardSnapshot {
  readonly shard: Shard;
  /** The names of the keys, without `base`. */
  readonly names: readonly string[];
  /** The fields of each job that audits need, by job id. */
  readonly jobs: ReadonlyMap<string, Hash>;
  /** The members of a sorted set, in order. */
  readonly zset: (name: string) => readonly string[];
  readonly score: (name: string, member: string) => number | undefined;
  readonly members: (name: string) => readonly string[];
  readonly hash: (name: string) => Hash;
  readonly text: (name: string) => string | undefined;
}

const JOB_FIELDS = [
  ...[F.suspect, F.type, F.attempts_started, F.attempts_spent, F.finished_ms, F.ended_by],
  ...[F.key_reservation, F.account_reservation, F.next_offset, F.bull_options, F.result],
  ...[F.failure_message, F.job_bytes, F.end_bytes, F.output_bytes, F.earlier_output_bytes],
  ...[F.group, F.child_groups, F.route, F.lane, F.usage],
] as const;

export async function readShard(redis: Store, shard: Shard): Promise<ShardSnapshot> {
  const names = await scan(redis, shard.base);
  const ids = names.filter((name) => /^[^:]+$/.test(name) && !isShardKey(name));
  const jobs = new Map<string, Hash>();
  for (const [id, values] of await pipelined(redis, ids, (pipeline, id) =>
    pipeline.hmget(shard.base + id, ...JOB_FIELDS),
  )) {
    const fields = values as readonly (string | null)[];
    jobs.set(
      id,
      Object.fromEntries(
        JOB_FIELDS.flatMap((name, at) => {
          const value = fields[at];
          return value === null || value === undefined ? [] : [[name, value]];
        }),
      ),
    );
  }
  const zsets = new Map<string, Map<string, number>>();
  const sets = new Map<string, readonly string[]>();
  const hashes = new Map<string, Hash>();
  const texts = new Map<string, string>();
  const rest = names.filter((name) => !jobs.has(name) && !name.endsWith(":output"));
  const types = await pipelined(redis, rest, (pipeline, name) => pipeline.type(shard.base + name));
  const ofType = (type: string) => types.filter(([, is]) => is === type).map(([name]) => name);
  for (const [name, flat] of await pipelined(redis, ofType("zset"), (pipeline, name) =>
    pipeline.zrange(shard.base + name, "0", "-1", "WITHSCORES"),
  )) {
    const pairs = flat as readonly string[];
    const scores = new Map<string, number>();
    for (let at = 0; at < pairs.length; at += 2)
      scores.set(pairs[at] ?? "", toScore(pairs[at + 1]));
    zsets.set(name, scores);
  }
  for (const [name, members] of await pipelined(redis, ofType("set"), (pipeline, name) =>
    pipeline.smembers(shard.base + name),
  )) {
    sets.set(name, members as readonly string[]);
  }
  for (const [name, members] of await pipelined(redis, ofType("list"), (pipeline, name) =>
    pipeline.lrange(shard.base + name, 0, -1),
  )) {
    sets.set(name, members as readonly string[]);
  }
  for (const [name, fields] of await pipelined(redis, ofType("hash"), (pipeline, name) =>
    pipeline.hgetall(shard.base + name),
  )) {
    hashes.set(name, fields as Hash);
  }
  for (const [name, value] of await pipelined(redis, ofType("string"), (pipeline, name) =>
    pipeline.get(shard.base + name),
  )) {
    if (value !== null) texts.set(name, String(value));
  }
  return {
    shard,
    names,
    jobs,
    zset: (name) => [...(zsets.get(name)?.keys() ?? [])],
    score: (name, member) => zsets.get(name)?.get(member),
    members: (name) => sets.get(name) ?? [],
    hash: (name) => hashes.get(name) ?? {},
    text: (name) => texts.get(name),
  };
}

/** BullMQ's own keys could be mistaken for jobs, but they contain no `~`. */
const isShardKey = (name: string): boolean => !/^[^~]+~[^~]+~[^~]+$/.test(name);

const toScore = (text: string | undefined): number =>
  text === "inf" ? Number.POSITIVE_INFINITY : Number(text);

async function scan(redis: Store, base: string): Promise<string[]> {
  const pattern = `${base.replace(/[\\[\]{}*?]/g, "\\$&")}*`;
  const found = new Set<string>();
  let cursor = "0";
  do {
    const scanned = await scanKeys.run(redis, base, { cursor, pattern, count: SCAN_COUNT });
    for (const key of scanned.names) found.add(key.slice(base.length));
    cursor = scanned.cursor;
  } while (cursor !== "0");
  return [...found];
}

type Pipeline = ReturnType<Store["pipeline"]>;

/** Sends one command for each name, several at a time. Returns each name with its reply. */
async function pipelined(
  redis: Store,
  names: readonly string[],
  command: (pipeline: Pipeline, name: string) => Pipeline,
): Promise<[string, unknown][]> {
  const replies: [string, unknown][] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const pipeline = redis.pipeline();
    for (const name of some) command(pipeline, name);
    const results = (await pipeline.exec()) ?? [];
    results.forEach(([error, reply], at) => {
      if (error) throw error;
      replies.push([some[at] ?? "", reply]);
    });
  }
  return replies;
}
