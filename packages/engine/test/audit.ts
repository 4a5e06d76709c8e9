/** What must hold of a queue shard whenever no script runs, looked up key by key. */
import type { Redis } from "ioredis";
import { expect } from "vitest";
import { shardAt } from "../src/keys.ts";
import { queue } from "./setup.ts";

export async function audit(redis: Redis, rootPrefix: string): Promise<void> {
  const { base } = shardAt(rootPrefix, queue, 0);
  const keys = await redis.keys(`${base.replace(/[[\]{}]/g, "\\$&")}*`);
  const after = (start: string) =>
    keys.flatMap((key) =>
      key.startsWith(base + start) ? [key.slice(base.length + start.length)] : [],
    );
  const zset = (name: string) => redis.zrange(base + name, "0", "-1");
  const ids = after("").filter((name) => /^[^:]+~[^:]+~[^:]+$/.test(name));

  // Each job is in exactly one place, and each place holds jobs alone.
  const places = new Map<string, string[]>();
  const place = (where: string, jobs: readonly string[]) => {
    for (const id of jobs) places.set(id, [...(places.get(id) ?? []), where]);
  };
  const lanes = after("mr:lane:");
  for (const lane of lanes) place("lane", await zset(`mr:lane:${lane}`));
  place("inbox", await redis.lrange(`${base}wait`, 0, -1));
  place("inbox", await zset("prioritized"));
  place("delayed", await zset("delayed"));
  const active = await redis.lrange(`${base}active`, 0, -1);
  place("active", active);
  place("completed", await zset("completed"));
  place("failed", await zset("failed"));
  expect([...places.keys()].sort()).toEqual([...ids].sort());
  expect([...places].filter(([, where]) => where.length !== 1)).toEqual([]);

  // A lane with jobs is ready or held, once, and no other is; the classes are those with ready lanes.
  const classes = await redis.smembers(`${base}mr:classes`);
  const ready = await Promise.all(
    classes.map(async (of) => (await zset(`mr:ready:${of}`)).map((key) => `${key}|${of}`)),
  );
  const parked = await zset("mr:parked");
  expect([...ready.flat(), ...parked].sort()).toEqual([...lanes].sort());
  const held = await Promise.all(
    after("mr:held:").map(async (key) =>
      (await redis.smembers(`${base}mr:held:${key}`)).map((of) => `${key}|${of}`),
    ),
  );
  expect(held.flat().sort()).toEqual([...parked].sort());
  expect(after("mr:ready:").sort()).toEqual([...classes].sort());

  // The counters are what they count.
  const counts: Record<string, number> = {};
  for (const lane of lanes) {
    const size = await redis.zcard(`${base}mr:lane:${lane}`);
    const key = lane.split("|")[0] ?? "";
    counts[key] = (counts[key] ?? 0) + size;
    counts["*"] = (counts["*"] ?? 0) + size;
  }
  const depth = await redis.hgetall(`${base}mr:depth`);
  expect(depth).toEqual(Object.fromEntries(Object.entries(counts).map(([k, n]) => [k, String(n)])));

  // A lease for each active job and no other; a lock only for those.
  expect((await zset("mr:leases")).sort()).toEqual([...active].sort());
  const locked = keys.filter((key) => key.endsWith(":lock"));
  expect(locked.filter((key) => !active.includes(key.slice(base.length, -":lock".length)))).toEqual(
    [],
  );

  // What is reserved is reserved by a running job: never more of a key's run than it counts.
  const reserved: Record<string, number> = {};
  for (const id of ids) {
    const rsv = await redis.hget(base + id, "rsv");
    if (rsv === null) continue;
    expect(active).toContain(id);
    if (rsv.split(" ").length < 6) continue;
    const key = id.split("~")[1] ?? "";
    reserved[key] = (reserved[key] ?? 0) + 1;
  }
  for (const key of after("mr:use:")) {
    const use = await redis.hgetall(`${base}mr:use:${key}`);
    expect([key, Number(use.n)]).toEqual([key, reserved[key] ?? 0]);
    for (const letter of ["q", "t", "d"]) {
      const buckets = Object.entries(use).filter(([name]) =>
        new RegExp(`^${letter}\\d+$`).test(name),
      );
      const sum = buckets.reduce((total, [, amount]) => total + Number(amount), 0);
      expect([key, letter, Number(use[`${letter}s`])]).toEqual([key, letter, sum]);
    }
  }

  // Whatever can outlive its job has an end.
  const waitingIds = new Set(
    [...places].flatMap(([id, [where]]) =>
      where === "completed" || where === "failed" ? [] : [id],
    ),
  );
  for (const id of await zset("mr:expiry")) expect(waitingIds).toContain(id);
  for (const key of keys.filter((name) => name.endsWith(":output"))) {
    expect(await redis.pttl(key)).toBeGreaterThan(0);
  }
  const indexed = await Promise.all(
    after("mr:index:").map(async (key) =>
      (await zset(`mr:index:${key}`)).map((ulid) => `${queue}~${key}~${ulid}`),
    ),
  );
  expect(indexed.flat().sort()).toEqual([...ids].sort());
}
