import { INTERNAL_QUEUE_PREFIX, parseJobId, UNREADABLE_LIST } from "@millrace/shared";
import { shardIndex } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import { OPERATOR_KEY } from "../webhooks/contract.ts";
import type { Finding } from "./finding.ts";
import { asideLists, outboxEntries } from "./outbox-entries.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** A new entry that is older was passed over: schedulers move entries within seconds, or set them aside. */
const MOVED_WITHIN_MS = 3_600_000;
/** An entry that was set aside longer ago was passed over: schedulers drop it after a day. */
const DROPPED_WITHIN_MS = 25 * 3_600_000;

/** What the registry says of subscriptions. */
export interface Subscribers {
  /** The version of a shard that has all of them. */
  readonly version: string;
  readonly byKey: ReadonlyMap<string, string>;
}

/**
 * Checks outboxes (14): a shard that is up to date has the subscriptions of its keys and no others, each list of entries that
 * were set aside is tried again, and no entry is left that schedulers should have taken out, or that names no subject.
 */
export async function* checkOutbox(
  redis: Store,
  shard: ShardSnapshot,
  shards: number,
  subscribers: Subscribers,
  nowMs: number,
): AsyncGenerator<Finding> {
  yield* checkSubscribers(shard, shards, subscribers);
  yield* checkLists(shard);
  for await (const { id, list, field } of outboxEntries(redis, shard)) {
    const subject = field(F.outbox_subject);
    const isLate =
      list === undefined
        ? nowMs - Number(field(F.outbox_ended_ms)) > MOVED_WITHIN_MS
        : nowMs - Number(field(F.outbox_aside_ms)) > DROPPED_WITHIN_MS;
    // Entries that nobody can read are in a list of their own.
    if (list !== UNREADABLE_LIST && parseJobId(subject) === undefined) {
      const problem = `the entry ${id} of the outbox names ${JSON.stringify(subject)}, which is no job or group`;
      yield { invariant: 14, subject: id, problem };
    } else if (isLate) {
      const when = list === undefined ? "taken out within an hour" : "dropped within a day";
      yield { invariant: 14, subject, problem: `the entry ${id} of the outbox was not ${when}` };
    }
  }
}

function* checkLists(shard: ShardSnapshot): Generator<Finding> {
  const has = new Set(asideLists(shard));
  const tried = new Set(shard.zset("mr:outbox-aside"));
  for (const list of new Set([...has, ...tried])) {
    if (has.has(list) && tried.has(list)) continue;
    const problem = has.has(list)
      ? `the entries that are set aside for ${list} are never tried again`
      : `entries for ${list} are tried, but there are none`;
    yield { invariant: 14, subject: list, problem, repair: { kind: "outbox", name: list } };
  }
}

function* checkSubscribers(
  { shard, hash }: ShardSnapshot,
  shards: number,
  { version, byKey }: Subscribers,
): Generator<Finding> {
  const { [F.subscribers_version]: has, ...stored } = hash("mr:subscribers");
  const isInternal = shard.queue.startsWith(INTERNAL_QUEUE_PREFIX);
  // A shard that is behind is brought up to date by every scheduler.
  if (!isInternal && has !== version) return;
  const wanted = new Map(
    [...byKey].filter(
      ([key]) => !isInternal && (key === OPERATOR_KEY || shardIndex(key, shards) === shard.index),
    ),
  );
  for (const key of new Set([...wanted.keys(), ...Object.keys(stored)])) {
    if (stored[key] === wanted.get(key)) continue;
    const is = JSON.stringify(stored[key] ?? "");
    const problem = `subscribes to ${JSON.stringify(wanted.get(key) ?? "")}, but the shard has ${is}`;
    yield { invariant: 14, subject: key, problem, repair: { kind: "subscribers", name: "" } };
  }
}
