import { INTERNAL_QUEUE_PREFIX, parseJobId } from "@millrace/shared";
import { outboxKey, shardIndex } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { F } from "../redis/stored-names.ts";
import { OPERATOR_KEY } from "../webhooks/contract.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** An entry that is older was passed over: schedulers take entries out within seconds. */
const TAKEN_WITHIN_MS = 3_600_000;
/** How many entries are read with one command. */
const AT_ONCE = 500;

/** What the registry says of subscriptions. */
export interface Subscribers {
  /** The version of a shard that has all of them. */
  readonly version: string;
  readonly byKey: ReadonlyMap<string, string>;
}

/**
 * Checks outboxes (14): a shard that is up to date has the subscriptions of its keys and no others, and no entry is left
 * that schedulers should have taken out, or that names no subject.
 */
export async function* checkOutbox(
  redis: Store,
  shard: ShardSnapshot,
  shards: number,
  subscribers: Subscribers,
  nowMs: number,
): AsyncGenerator<Finding> {
  yield* checkSubscribers(shard, shards, subscribers);
  for (let from = "-"; ; ) {
    const entries = await redis.xrange(outboxKey(shard.shard), from, "+", "COUNT", AT_ONCE);
    for (const [id, fields] of entries) {
      const field = (name: string) => fields[fields.indexOf(name) + 1] ?? "";
      const subject = field(F.outbox_subject);
      if (parseJobId(subject) === undefined) {
        const problem = `the entry ${id} of the outbox names ${JSON.stringify(subject)}, which is no job or group`;
        yield { invariant: 14, subject: id, problem };
      } else if (nowMs - Number(field(F.outbox_ended_ms)) > TAKEN_WITHIN_MS) {
        const problem = `the entry ${id} of the outbox was not taken out within an hour`;
        yield { invariant: 14, subject, problem };
      }
    }
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < AT_ONCE) return;
    from = `(${last}`;
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
