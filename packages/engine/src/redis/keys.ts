/**
 * The only place that spells Redis keys. All keys of a queue shard begin with its `base`, whose braces hold the hash tag,
 * so that every script works on one Redis Cluster slot. BullMQ chooses the names of its own keys. Millrace's keys begin
 * with `mr:`. No job id does, so BullMQ's clean-up of orphaned jobs cannot mistake them for jobs.
 */
import type { JobId, KeyId, QueueName } from "@millrace/shared";
import { formerKeyTypes } from "./former-key-types.ts";

export const DEFAULT_ROOT_PREFIX = "mr";

export type RedisType = "string" | "list" | "set" | "zset" | "hash" | "stream" | "channel";

export interface Shard {
  readonly queue: QueueName;
  readonly index: number;
  /** BullMQ's `prefix` option for this shard; its queue name is `queue`. */
  readonly prefix: string;
  /** The beginning of every key of the shard. A job's hash is `base + job id`. */
  readonly base: string;
}

export function shardAt(rootPrefix: string, queue: QueueName, index: number): Shard {
  const prefix = `${rootPrefix}:{${queue}:${index}}`;
  return { queue, index, prefix, base: `${prefix}:${queue}:` };
}

/** The shard in which an API key's jobs are stored. It is an FNV-1a hash that must never change. */
export function shardIndex(keyId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < keyId.length; i += 1) {
    hash = Math.imul(hash ^ keyId.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

/** The channel on which signals about a shard's jobs are published. */
export const signalChannel = (shard: Shard): string => `${shard.base}mr:signals`;

/** The key id in a job id, which must be well formed. */
export function keyOfJob(id: JobId): KeyId {
  const start = id.indexOf("~") + 1;
  return id.slice(start, id.indexOf("~", start)) as KeyId;
}

/** The lane that a job waits in. lanes/lib/lanes.lua describes lanes, and spells their ids in the same way. */
export function laneId(keyId: KeyId, priority: number, pool: string): string {
  const band = priority <= 10 ? 1 : priority <= 50 ? 2 : 3;
  return `${keyId}|${band}|${pool}`;
}

/**
 * What a job's stored lane has in the place of the pool: the pool that the job names, or "=" and its model. The names of pools
 * do not begin with "=". Lanes in which jobs of all models wait have "=" there. models/lib/routes.lua spells both.
 */
export const lanePool = (job: { readonly pool?: string; readonly model?: string }): string =>
  job.model === undefined ? (job.pool ?? "") : `=${job.model}`;

/** The model in that place of a lane; undefined if a pool is there. */
export const modelOfLanePool = (pool: string): string | undefined =>
  pool.startsWith("=") ? pool.slice(1) : undefined;

/** zset: the ULIDs of one key's jobs. All have score 0, so they are in the order of time. */
export const keyIndex = (shard: Shard, keyId: KeyId): string => `${shard.base}mr:index:${keyId}`;

/** zset: the ULIDs of one key's groups. All have score 0, so they are in the order of time. */
export const groupIndex = (shard: Shard, keyId: KeyId): string =>
  `${shard.base}mr:group-index:${keyId}`;

/** zset: the names of one key's schedules. All have score 0, so they are in the order of names. */
export const scheduleIndex = (shard: Shard, keyId: KeyId): string =>
  `${shard.base}mr:schedule-index:${keyId}`;

/** A pattern for the keys of all jobs of a server. It also matches what jobs have in keys of their own. */
export const jobKeyPattern = (rootPrefix: string): string => `${rootPrefix}:{*}:*~*~*`;

/** Keys of a shard of which at least one exists while something in it has not finished, or is to be delivered. */
export const unfinishedKeys = ({ base }: Pick<Shard, "base">): readonly string[] =>
  [
    ...["wait", "prioritized", "delayed", "active", "waiting-children", "stalled"],
    ...["mr:classes", "mr:held", "mr:leases", "mr:expiry", "mr:groups", "mr:schedules"],
    ...["mr:outbox", "mr:outbox-aside", "mr:unsorted"],
  ].map((name) => base + name);

/** stream: the ends of jobs and groups of a shard that are to be delivered. */
export const outboxKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:outbox`;

/** stream: entries of the outbox that are set aside in a list. */
export const outboxAsideKey = ({ base }: Pick<Shard, "base">, list: string): string =>
  `${base}mr:outbox-aside:${list}`;

/** hash: what the keys of a shard subscribe to. */
export const subscribersKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:subscribers`;

/** hash: the budgets of a shard's keys. */
export const budgetsKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:budgets`;

/** hash: the pools that are provider accounts, as a shard knows them. */
export const governedKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:governed`;

/** hash: the routes of models, as a shard knows them. */
export const modelsKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:models`;

/** hash: how much each key stores in a shard, as jobs/lib/stored.lua describes. */
export const storedKey = ({ base }: Pick<Shard, "base">): string => `${base}mr:stored`;

/** hash: what the attempts of a day (days since 1970) spent, as usage/lib/usage_days.lua describes. */
export const usageKey = ({ base }: Pick<Shard, "base">, day: number): string =>
  `${base}mr:usage:${day}`;

/** hash: what attempts cost that were settled on a day (days since 1970), as spend/lib/books.lua describes. */
export const spendKey = ({ base }: Pick<Shard, "base">, day: number): string =>
  `${base}mr:spend:${day}`;

/** Keys that belong to no queue shard. They have a Cluster slot of their own. */
export const registryKeys = (rootPrefix: string) => ({
  /** hash: queue definitions, JSON, by queue name */
  queues: `${rootPrefix}:{registry}:queues`,
  /** hash: API keys, JSON, by key id */
  apiKeys: `${rootPrefix}:{registry}:api-keys`,
  /** zset: the ids of API keys. redis/lib/field_names.lua spells it too. */
  apiKeyNames: `${rootPrefix}:{registry}:api-keys:names`,
  /** hash: provider accounts, JSON, by name; "*": the number of changes */
  accounts: `${rootPrefix}:{registry}:provider-accounts`,
  /** hash: models, JSON, by name; "*": the number of changes */
  models: `${rootPrefix}:{registry}:models`,
  /** hash: budgets, JSON, by key id; "*": the number of changes */
  keyBudgets: `${rootPrefix}:{registry}:key-budgets`,
  /** zset: key ids, by the number of their budget's last change. redis/lib/field_order.lua spells it too. */
  keyBudgetChanges: `${rootPrefix}:{registry}:key-budgets:changes`,
  /** stream: the change log */
  changes: `${rootPrefix}:{registry}:changes`,
  /** hash: the webhook endpoints of each API key, JSON, by key id; "*": the number of changes of subscriptions */
  webhooks: `${rootPrefix}:{registry}:webhooks`,
  /** hash: key ids, by the ids of their webhook endpoints */
  webhookOwners: `${rootPrefix}:{registry}:webhook-owners`,
  /** list: the ids of the change log's events that nobody made, the newest first. append_change.lua spells it too. */
  changeEvents: `${rootPrefix}:{registry}:changes:events`,
  /** string: the secret with which all schedulers seal the leases of workers */
  leaseSecret: `${rootPrefix}:{registry}:lease-secret`,
  /** hash: the workers of each scheduler, JSON, by the scheduler's process */
  roster: `${rootPrefix}:{registry}:roster`,
  /** zset: "written": the newest format in which a version has stored; "readable": the oldest that can read all of it */
  format: `${rootPrefix}:{registry}:format`,
});

export const registryKeyTypes: Readonly<Record<keyof ReturnType<typeof registryKeys>, RedisType>> =
  {
    queues: "hash",
    apiKeys: "hash",
    apiKeyNames: "zset",
    accounts: "hash",
    models: "hash",
    keyBudgets: "hash",
    keyBudgetChanges: "zset",
    changes: "stream",
    webhooks: "hash",
    webhookOwners: "hash",
    changeEvents: "list",
    leaseSecret: "string",
    roster: "hash",
    format: "zset",
  };

/** The beginning of every key of a provider account. */
export const accountBase = (rootPrefix: string, name: string): string =>
  `${rootPrefix}:{account:${name}}:`;

/** The beginning of every key of an API key's home, which gives shards portions of its budget. */
export const keyHomeBase = (rootPrefix: string, id: string): string => `${rootPrefix}:{key:${id}}:`;

/**
 * Every key of a shard that Millrace's scripts touch, without `base`, and its Redis type. A name that ends in ":" is
 * followed by an id. A test checks the scripts against this table.
 */
export const shardKeyTypes: Readonly<Record<string, RedisType>> = {
  // BullMQ's keys.
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
  // A lane: the waiting jobs of one API key, band, pool and family of types, by priority and arrival.
  "mr:lane:": "zset",
  // The keys that have ready lanes in one class (band, pool and family of types), by virtual time.
  "mr:ready:": "zset",
  // The classes that have ready lanes.
  "mr:classes": "set",
  // Keys, by the virtual time at which they left off in a band. Their lanes continue from there.
  "mr:idle:": "zset",
  // The job types that workers have named, each with its family; "#": the newest family's number; "#<number>": a family.
  "mr:families": "hash",
  // The sets that must still be searched for jobs that belong to another lane, and the lanes found.
  "mr:sorting": "hash",
  "mr:unsorted": "zset",
  // The virtual time, stride and weight of each band.
  "mr:bands": "hash",
  // Held lanes, by the time at which they are checked again.
  "mr:held": "zset",
  // The classes of a key's held lanes.
  "mr:held-classes:": "set",
  // Budgets, by key id.
  "mr:budgets": "hash",
  // What a key uses: the number of its running jobs, and its windows.
  "mr:use:": "hash",
  // The pools that are provider accounts.
  "mr:governed": "hash",
  // The shard's slice of a provider account.
  "mr:slice:": "hash",
  // The routes of models, by name.
  "mr:models": "hash",
  // In an account's own slot: its limits, and what it has granted.
  "mr:account": "hash",
  // In an API key's own slot: its limits, and what each shard holds of them.
  "mr:home": "hash",
  // What each key stores, by key id: the bytes of its jobs; "<key>:d": how many of them wait for a time or for other jobs.
  "mr:stored": "hash",
  // How many jobs of each class were leased lately.
  "mr:pace": "hash",
  // By day since 1970: what the attempts of each key spent, by pool and model.
  "mr:usage:": "hash",
  // What the settled attempts of each key cost, by key id; and by day since 1970, by model, account and labels.
  "mr:spend": "hash",
  "mr:spend:": "hash",
  // How many tokens a key's attempts usually take, as learned, by key id.
  "mr:learned": "hash",
  // The number of jobs in lanes: "*" all jobs, "0" those without a priority.
  "mr:depth": "hash",
  // Counters of arrivals.
  "mr:seq": "string",
  "mr:seq:plain": "string",
  // Job ids, by the expiry of their leases.
  "mr:leases": "zset",
  // Jobs with a latest start or a deadline, by that time.
  "mr:expiry": "zset",
  // Finished jobs with their own retention, by its end.
  "mr:retain": "zset",
  // A key's jobs, as the ULIDs of their ids.
  "mr:index:": "zset",
  // By key id and idempotency key: job id, state and content hash.
  "mr:idem:": "string",
  // By key id and deduplication key: the job that counts, and until when.
  "mr:dedup:": "string",
  // A group of jobs, by its id; "<id>:children": its children, by index.
  "mr:group:": "hash",
  // Groups that have not finished, or whose children are being cancelled, by the time at which they are looked at next.
  "mr:groups": "zset",
  // Groups that have finished, by the time at which they did.
  "mr:groups-ended": "zset",
  // A key's groups, as the ULIDs of their ids.
  "mr:group-index:": "zset",
  // A schedule, by its id.
  "mr:schedule:": "hash",
  // Schedules that are not paused, by the time at which a scheduler looks at them next.
  "mr:schedules": "zset",
  // A key's schedules, as their names.
  "mr:schedule-index:": "zset",
  // In a queue's queue of dead letters: their ids, by the time at which they died.
  "mr:dead": "zset",
  "mr:signals": "channel",
  // What the keys of the shard subscribe to, by key id: types of events.
  "mr:subscribers": "hash",
  // Ends of jobs and groups that are to be delivered to their subscribers.
  "mr:outbox": "stream",
  // Entries that could not be delivered yet, by list: an API key, or "-" for those that cannot be read.
  "mr:outbox-aside:": "stream",
  // These lists, by the time at which they are tried next.
  "mr:outbox-aside": "zset",
  // Which scheduler takes entries out of the outbox, and until when.
  "mr:outbox-mover": "string",
  "mr:outbox-news": "channel",
  ...formerKeyTypes,
};

/** The keys of one job, as suffixes of its own key. */
export const jobKeyTypes: Readonly<Record<string, RedisType>> = {
  "": "hash",
  ":lock": "string",
  ":output": "stream",
};

/** A pattern for the signal channels of all shards of a queue. */
export const signalPattern = (rootPrefix: string, queue: QueueName): string =>
  `${rootPrefix}:{${queue}:*}:${queue}:mr:signals`;

/** Names a shard, for calls that are about its outbox. */
export interface OutboxShard {
  readonly queue: QueueName;
  /** The number of the shard, from 0. */
  readonly shard: number;
}

/** A pattern for the channels on which all shards tell of new entries in their outboxes. */
export const outboxNewsPattern = (rootPrefix: string): string =>
  `${rootPrefix}:{*}:*:mr:outbox-news`;

/** The queue and shard in the name of such a channel. */
export function shardOfNews(channel: string): OutboxShard | undefined {
  const [, queue, index] = /\{([^:{}]+):(\d+)\}/.exec(channel) ?? [];
  return queue === undefined ? undefined : { queue: queue as QueueName, shard: Number(index) };
}

/** A root prefix must not contain characters of hash tags or of channel patterns. */
export const isRootPrefix = (text: string): boolean => /^[A-Za-z0-9_.-]{1,64}$/.test(text);
