import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import { outboxEntries } from "./outbox-entries.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** How many dead letters are read with one command. */
const AT_ONCE = 500;

/** The fields whose sum is the bytes that a job counts as. */
const BYTES_FIELDS = [F.job_bytes, F.end_bytes, F.output_bytes, F.earlier_output_bytes];

/** Checks that the counters of what keys store, by which submissions are admitted, equal what is stored (11). */
export async function* checkStored(redis: Store, shard: ShardSnapshot): AsyncGenerator<Finding> {
  const sums = new Map<string, number>();
  const add = (id: string, field: string, amount: number) => {
    const key = id.split("~")[1];
    if (key === undefined || amount === 0) return;
    sums.set(key + field, (sums.get(key + field) ?? 0) + amount);
  };
  for (const [id, job] of shard.jobs) {
    const bytes = BYTES_FIELDS.reduce((sum, field) => sum + Number(job[field] ?? 0), 0);
    add(id, "", bytes);
  }
  for (const place of ["delayed", "waiting-children"]) {
    for (const id of shard.zset(place)) add(id, F.stored_deferred, 1);
  }
  for (const name of shard.names) {
    const id = /^mr:group:([^:]+)$/.exec(name)?.[1];
    if (id !== undefined) add(id, "", Number(shard.hash(name)[F.group_bytes] ?? 0));
    const schedule = /^mr:schedule:(.+)$/.exec(name)?.[1];
    if (schedule !== undefined) add(schedule, "", Number(shard.hash(name)[F.schedule_bytes] ?? 0));
  }
  for await (const [id, bytes] of deadLetters(redis, shard)) add(id, "", bytes);
  for await (const { field } of outboxEntries(redis, shard)) {
    add(`~${field(F.outbox_key)}`, "", Number(field(F.outbox_bytes)));
  }
  const counted = shard.hash("mr:stored");
  for (const name of new Set([...sums.keys(), ...Object.keys(counted)])) {
    const actual = sums.get(name) ?? 0;
    if (Number(counted[name] ?? 0) === actual) continue;
    const what = name.endsWith(F.stored_deferred)
      ? "jobs wait for a time or for other jobs"
      : "bytes are stored";
    const problem = `${actual} ${what}, but ${counted[name] ?? 0} are counted`;
    const repair = { kind: "stored", name } as const;
    yield { invariant: 11, subject: name.replace(/:d$/, ""), problem, repair };
  }
}

async function* deadLetters(
  redis: Store,
  { shard }: ShardSnapshot,
): AsyncGenerator<readonly [id: string, bytes: number]> {
  const base = `${shard.base.slice(0, -1)}.dead:`;
  for (let from = 0; ; from += AT_ONCE) {
    const to = String(from + AT_ONCE - 1);
    const ids = await redis.zrange(`${base}mr:dead`, String(from), to);
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.hget(base + id, F.job_bytes);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, id] of ids.entries()) yield [id, Number(replies[at]?.[1] ?? 0)];
    if (ids.length < AT_ONCE) return;
  }
}
