import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { Hash, ShardSnapshot } from "./shard-snapshot.ts";

const GROUP = /^mr:group:([^:]+)$/;
const ENTRY = /^(\S+) (\w+)/;
const finalStates = new Set(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]);

const counters: Readonly<Record<string, string>> = {
  SUCCEEDED: F.group_succeeded,
  FAILED: F.group_failed,
  CANCELLED: F.group_cancelled,
  EXPIRED: F.group_expired,
  REMOVED: F.group_removed,
};

/**
 * Checks groups (12): their counters equal their children, a child that has not ended is stored and names its group, and a
 * job waits for a group exactly as long as the group has not finished.
 */
export function* checkGroups(shard: ShardSnapshot): Generator<Finding> {
  const waiting = new Set(shard.zset("waiting-children"));
  const awaited = new Set<string>();
  for (const name of shard.names) {
    const id = GROUP.exec(name)?.[1];
    if (id === undefined) continue;
    const group = shard.hash(name);
    const waiter = group[F.group_waiter] ?? "";
    if (waiter !== "") awaited.add(waiter);
    for (const problem of problemsOf(shard, id, group)) {
      yield { invariant: 12, subject: id, problem, mend: { kind: "group", name: id } };
    }
    const isFinal = finalStates.has(group[F.group_state] ?? "");
    if (isFinal && waiting.has(waiter)) {
      const problem = `has finished, but ${waiter} waits for it`;
      yield { invariant: 12, subject: id, problem, mend: { kind: "group", name: id } };
    }
    if (!isFinal && group[F.group_kind] === "finalizer" && shard.jobs.has(waiter)) {
      const ended = shard.jobs.get(waiter)?.[F.finished_ms] !== undefined;
      if (!waiting.has(waiter) && !ended) {
        const problem = `does not wait for its group ${id}, which has not finished`;
        yield { invariant: 12, subject: waiter, problem };
      }
    }
  }
  for (const id of waiting) {
    const groups = shard.jobs.get(id)?.[F.child_groups];
    if (groups !== undefined && !awaited.has(id)) {
      yield { invariant: 12, subject: id, problem: `waits for ${groups}, which is not stored` };
    }
  }
}

/** Whether BullMQ has removed or ended a child or the waiter, so that tend_groups is about to look at the group. */
const isNoted = (shard: ShardSnapshot, id: string): boolean => shard.score("mr:groups", id) === 0;

function* problemsOf(shard: ShardSnapshot, id: string, group: Hash): Generator<string> {
  const children = shard.hash(`mr:group:${id}:children`);
  const counted: Record<string, number> = {};
  let inFlight = 0;
  for (const [index, entry] of Object.entries(children)) {
    const [, mark = "", ulid] = ENTRY.exec(entry) ?? [];
    if (mark in counters) counted[mark] = (counted[mark] ?? 0) + 1;
    else if (mark === "-") inFlight += 1;
    if (mark in counters || isNoted(shard, id)) continue;
    const jobId = `${id.slice(0, id.lastIndexOf("~") + 1)}${ulid}`;
    const job = shard.jobs.get(jobId);
    if (job === undefined) yield `its child ${jobId} is not stored`;
    else if (job[F.group] !== `${index} ${id}`) yield `its child ${jobId} names another group`;
    else if (job[F.finished_ms] !== undefined) yield `its child ${jobId} has ended uncounted`;
  }
  const total = Object.keys(children).length;
  const is = (field: string) => Number(group[field] ?? 0);
  if (is(F.group_total) !== total) yield `has ${total} children, but counts ${is(F.group_total)}`;
  if (is(F.group_in_flight) !== inFlight)
    yield `has ${inFlight} children in flight, but counts ${is(F.group_in_flight)}`;
  for (const [state, field] of Object.entries(counters)) {
    const actual = counted[state] ?? 0;
    if (is(field) !== actual)
      yield `${actual} of its children are ${state}, but it counts ${is(field)}`;
  }
}
