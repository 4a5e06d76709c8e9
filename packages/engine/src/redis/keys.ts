/**
 * The only place that knows how keys are spelled. All keys of a queue shard begin with its `base`,
 * whose braces hold the hash tag: every script works on one Redis Cluster slot. What BullMQ names
 * is BullMQ's; what Millrace adds begins with `mr:`, which no job id does, so BullMQ's own sweep
 * for orphaned jobs cannot take it for one.
 */
import type { JobId, KeyId, QueueName } from "@millrace/shared";

export const DEFAULT_ROOT_PREFIX = "mr";

export type RedisType = "string" | "list" | "set" | "zset" | "hash" | "stream" | "channel";

export interface Shard {
  readonly queue: QueueName;
  readonly index: number;
  /** BullMQ's `prefix` option for this shard; its queue name is `queue`. */
  readonly prefix: string;
  /** What every key of the shard begins with; a job's hash is `base + job id`. */
  readonly base: string;
}

export function shardAt(rootPrefix: string, queue: QueueName, index: number): Shard {
  const prefix = `${rootPrefix}:{${queue}:${index}}`;
  return { queue, index, prefix, base: `${prefix}:${queue}:` };
}

/** Which shard an API key's jobs live in: FNV-1a, stable for ever. */
export function shardIndex(keyId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < keyId.length; i += 1) {
    hash = Math.imul(hash ^ keyId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** Where hints about a shard's jobs are published. */
export const signalChannel = (shard: Shard): string => `${shard.base}mr:signals`;

/** The key id in a job id, taken to be well formed. */
export function keyOfJob(id: JobId): KeyId {
  const start = id.indexOf("~") + 1;
  return id.slice(start, id.indexOf("~", start)) as KeyId;
}

/** The lane that a job waits in; lanes/lib/lanes.lua says what lanes are, and spells them the same. */
export function laneId(keyId: KeyId, priority: number, pool: string): string {
  const band = priority <= 10 ? 1 : priority <= 50 ? 2 : 3;
  return `${keyId}|${band}|${pool}`;
}

/** zset: the ULIDs of one key's jobs, all at score 0, so in order of time. */
export const keyIndex = (shard: Shard, keyId: KeyId): string => `${shard.base}mr:index:${keyId}`;

/** hash: how much each key stores in a shard; jobs/lib/stored.lua says how. */
export const storedKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:stored`;

/** What is not bound to a queue shard has a slot of its own. */
export const registryKeys = (rootPrefix: string) => ({
  /** hash: queue definition, JSON, by queue name */
  queues: `${rootPrefix}:{registry}:queues`,
  /** hash: API key, JSON, by key id */
  apiKeys: `${rootPrefix}:{registry}:api-keys`,
  /** hash: provider account, JSON, by name; "*": how often that was changed */
  accounts: `${rootPrefix}:{registry}:provider-accounts`,
  /** hash: what keys may use, by key id; "*": how often that was changed */
  keyBudgets: `${rootPrefix}:{registry}:key-budgets`,
  /** stream: what operators changed */
  changes: `${rootPrefix}:{registry}:changes`,
  /** string: what all schedulers seal the leases of workers with */
  leaseSecret: `${rootPrefix}:{registry}:lease-secret`,
});

export const registryKeyTypes: Readonly<Record<keyof ReturnType<typeof registryKeys>, RedisType>> =
  {
    queues: "hash",
    apiKeys: "hash",
    accounts: "hash",
    keyBudgets: "hash",
    changes: "stream",
    leaseSecret: "string",
  };

/** What every key of a provider account begins with. */
export const accountBase = (rootPrefix: string, name: string): string =>
  `${rootPrefix}:{account:${name}}:`;

/**
 * Every key of a shard that Millrace's scripts touch: what follows `base` (a name that ends in ":"
 * is followed by an id), and its Redis type. A test holds the scripts against this table.
 */
export const shardKeyTypes: Readonly<Record<string, RedisType>> = {
  // BullMQ's.
  wait: "list",
  prioritized: "zset",
  delayed: "zset",
  active: "list",
  completed: "zset",
  failed: "zset",
  "waiting-children": "zset",
  stalled: "set",
  meta: "hash",
  marker: "zset",
  pc: "string",
  events: "stream",
  // Lanes: jobs of one API key, band and pool that wait, and of one family of types, by priority and arrival.
  "mr:lane:": "zset",
  // Key ids of the lanes of one class (band, pool and family of types) that have jobs, by virtual time.
  "mr:ready:": "zset",
  // The classes that have lanes with jobs.
  "mr:classes": "set",
  // Keys, by the virtual time at which they left off in a band: from there their lanes go on.
  "mr:idle:": "zset",
  // The job types that workers have named, each with its family; "#": the last family's number; "#<number>": a family.
  "mr:families": "hash",
  // What is still to be looked through for jobs that belong to another lane, and the lanes found.
  "mr:sorting": "hash",
  "mr:unsorted": "zset",
  // Each band's virtual time and stride.
  "mr:bands": "hash",
  // Lanes with jobs that may not run now, by when to look at them again.
  "mr:parked": "zset",
  // The classes of a key's lanes that are in mr:parked.
  "mr:held:": "set",
  // What keys may use, by key id.
  "mr:limits": "hash",
  // What a key uses: running jobs and windows.
  "mr:use:": "hash",
  // The pools that are provider accounts.
  "mr:governed": "hash",
  // What the shard may use of a provider account.
  "mr:slice:": "hash",
  // In an account's own slot: what it may do, and what it has granted.
  "mr:account": "hash",
  // What each key stores, by key id: bytes of its jobs; "<key>:d": how many wait for a time or for others.
  "mr:stored": "hash",
  // How many jobs of each class were leased lately.
  "mr:pace": "hash",
  // How many tokens an attempt takes, as learned, by key id.
  "mr:learned": "hash",
  // Jobs in lanes: "*" all of them, "0" those without a priority.
  "mr:depth": "hash",
  // Arrival counters.
  "mr:seq": "string",
  "mr:seq:plain": "string",
  // Job ids by the time their lease runs out.
  "mr:leases": "zset",
  // Jobs with a latest start or finish, by it.
  "mr:expiry": "zset",
  // Finished jobs with a retention of their own, by its end.
  "mr:retain": "zset",
  // A key's jobs: the ULIDs of their ids.
  "mr:index:": "zset",
  // By key id and idempotency key: job id, state and content hash.
  "mr:idem:": "string",
  // By key id and deduplication key: until when a job counts, and which.
  "mr:dedup:": "string",
  // In the queue of dead letters beside a queue: their ids, by when they died.
  "mr:dead": "zset",
  "mr:signals": "channel",
};

/** What follows a job's own key. */
export const jobKeyTypes: Readonly<Record<string, RedisType>> = {
  "": "hash",
  ":lock": "string",
  ":output": "stream",
};

/** Matches the signal channels of all shards of a queue. */
export const signalPattern = (rootPrefix: string, queue: QueueName): string =>
  `${rootPrefix}:{${queue}:*}:${queue}:mr:signals`;

/** A prefix stays out of the way of hash tags and of channel patterns. */
export const isRootPrefix = (text: string): boolean => /^[A-Za-z0-9_.-]{1,64}$/.test(text);
