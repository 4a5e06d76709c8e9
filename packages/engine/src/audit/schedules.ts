import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

const SCHEDULE = /^mr:schedule:(.+)$/;
const ID = /^[^~]+~([^~]+)~([^~]+)$/;

/**
 * Checks schedules (13): a scheduler looks at each schedule that has a due time or a buffered run, and at no other; and each
 * schedule is in the list of its key.
 */
export function* checkSchedules(shard: ShardSnapshot): Generator<Finding> {
  const looked = new Set(shard.zset("mr:schedules"));
  const listed = new Set(
    shard.names.flatMap((name) => {
      const key = /^mr:schedule-index:(.+)$/.exec(name)?.[1];
      return key === undefined ? [] : shard.zset(name).map((one) => `~${key}~${one}`);
    }),
  );
  const wrong = (id: string, problem: string): Finding => ({
    ...{ invariant: 13, subject: id, problem, repair: { kind: "schedule", name: id } },
  });
  for (const stored of shard.names) {
    const id = SCHEDULE.exec(stored)?.[1];
    if (id === undefined) continue;
    const schedule = shard.hash(stored);
    const isSet = (field: string) => (schedule[field] ?? "") !== "";
    const isDue = isSet(F.schedule_due_ms) || isSet(F.schedule_buffered_ms);
    if (isDue && !looked.has(id)) yield wrong(id, "is due, but no scheduler will look at it");
    if (!isDue && looked.has(id)) yield wrong(id, "is never due, but schedulers look at it");
    if (schedule[F.schedule_paused] === "1" && isDue) yield wrong(id, "is paused, but due");
    const [, key, name] = ID.exec(id) ?? [];
    if (!listed.delete(`~${key}~${name}`)) yield wrong(id, "is not in the list of its key");
    looked.delete(id);
  }
  for (const id of looked) yield wrong(id, "schedulers look at it, but it is not stored");
  for (const id of listed) yield wrong(`${shard.shard.queue}${id}`, "is listed, but not stored");
}
