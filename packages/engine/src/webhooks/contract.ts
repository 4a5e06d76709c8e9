import type { GroupId, JobId, KeyId, QueueName } from "@millrace/shared";
import type { OutboxShard } from "../redis/keys.ts";

/** A secret in its sealed form (AES-256-GCM). The engine stores it and cannot read it. */
export interface SealedSecret {
  readonly sealed: string;
  /** The last characters of the secret, to tell secrets apart. */
  readonly hint: string;
  readonly createdMs: number;
  /** A former secret signs until this time. */
  readonly expiresMs?: number;
}

/** The key id under which the endpoints of operators are stored. No API key has it. */
export const OPERATOR_KEY = "operator" as KeyId;

/** A URL to which the events of one API key are sent, or those of operators. */
export interface WebhookEndpoint {
  /** `we_<ULID>`. */
  readonly id: string;
  readonly keyId: KeyId;
  /** Unique within the key, or "". */
  readonly name: string;
  readonly url: string;
  /** Types of events, for example "job.succeeded" or "job.*". Empty: all types. */
  readonly eventTypes: readonly string[];
  readonly includeResult: boolean;
  /** Only events of these queues. Absent or empty: of all queues. */
  readonly queues?: readonly QueueName[];
  readonly enabled: boolean;
  /** Why Millrace disabled it. */
  readonly disabledReason?: "GONE" | "FAILING";
  /** Since when every request has failed. */
  readonly failingSinceMs?: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** The current secret first, then the former one if it still signs. */
  readonly secrets: readonly SealedSecret[];
}

export type { OutboxShard };

interface EntryParts {
  /** Names the entry in its shard. Entries of a shard are in the order of their ids. */
  readonly entryId: string;
  /** Whose endpoints and callbacks the entry is for: the key of the job or group, or OPERATOR_KEY. */
  readonly keyId: KeyId;
  /** For example "job.succeeded", "group.failed" or "job.dead_lettered". */
  readonly eventType: string;
  /** The same for repeated entries of one end, and different for two ends of one job or group. */
  readonly token: string;
  readonly endedMs: number;
  /** Whether the job or group has a callback, which its details describe. */
  readonly hasCallback: boolean;
  /** The details of the job or group. See JobSpec.details. */
  readonly details?: string;
  /** What the entry counts in the stored bytes of its key. */
  readonly bytes: number;
  /** When the entry was first set aside. */
  readonly asideMs?: number;
}

/** The end of a job. An entry does not depend on what is kept of its job. */
export interface JobEnd extends EntryParts {
  readonly kind: "job";
  readonly subjectId: JobId;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How many attempts the job had spent. */
  readonly attempt: number;
  /** JSON. Only if the job succeeded, a subscriber asked for results, and it is at most 20,000 bytes. */
  readonly resultJson?: string;
  /** JSON of a Failure. */
  readonly failureJson?: string;
  readonly groupId?: GroupId;
}

export interface GroupEnd extends EntryParts {
  readonly kind: "group";
  readonly subjectId: GroupId;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly removed: number;
  readonly finalizerId?: JobId;
}

/** An end of a job or group that was recorded in the script that made it, and is not yet on its way. */
export type OutboxEntry = JobEnd | GroupEnd;

export interface OutboxReading {
  /** Who reads. While a holder reads a shard's entries, other holders read none of them, for `holdMs`. */
  readonly holder: string;
  readonly holdMs: number;
  /** Reads entries that were set aside in this list. Absent: the others. */
  readonly list?: string;
  /** The entry after which to begin. Absent: the oldest one. */
  readonly afterId?: string;
  readonly count: number;
}

export type OutboxRead =
  | {
      readonly kind: "read";
      readonly entries: readonly OutboxEntry[];
      /** Lists of entries that were set aside and are to be tried now. The first page of the outbox has them. */
      readonly dueLists: readonly string[];
    }
  /** Another holder reads the shard until then. */
  | { readonly kind: "held"; readonly untilMs: number };

/** What became of entries that were read. Those that are not named stay where they are. */
export interface OutboxMove {
  /** The list that they were read from. */
  readonly list?: string;
  /** They are removed. */
  readonly done: readonly OutboxEntry[];
  /** They are set aside, each in a list: a key id, or UNREADABLE_LIST. */
  readonly aside: readonly { readonly entry: OutboxEntry; readonly to: string }[];
  /** When `list`, and lists that are new, are tried next. */
  readonly dueMs: number;
}

/** How many entries an outbox has. */
export interface OutboxLength {
  readonly fresh: number;
  /** Those that were set aside, because they could not be moved. */
  readonly setAside: number;
}

export interface WebhookEndpoints {
  /**
   * Creates an endpoint. Ends of jobs after its answer are recorded for it. A repetition is CREATED again. FULL: the key has
   * `most` endpoints. NAME_TAKEN: another endpoint of the key has its name.
   */
  create(
    endpoint: WebhookEndpoint,
    most: number,
  ): Promise<
    { readonly kind: "CREATED" } | { readonly kind: "FULL" } | { readonly kind: "NAME_TAKEN" }
  >;
  get(id: string): Promise<WebhookEndpoint | undefined>;
  /** Oldest first. */
  list(keyId: KeyId): Promise<readonly WebhookEndpoint[]>;
  /** As list, for several keys in one read, in their order, each with the secrets of its callbacks. */
  ofKeys(keyIds: readonly KeyId[]): Promise<readonly WebhooksOfKey[]>;
  /**
   * Replaces an endpoint by the result of `edit`, which also sees the key's others, and repeats that if they change meanwhile. `edit` may throw, and
   * may return the endpoint as it was: then nothing is written. Returns undefined if there is no such endpoint.
   */
  change(
    id: string,
    edit: (endpoint: WebhookEndpoint, others: readonly WebhookEndpoint[]) => WebhookEndpoint,
  ): Promise<WebhookEndpoint | undefined>;
  /** Returns false if there was no such endpoint. */
  delete(id: string): Promise<boolean>;
  /** The secrets that sign the callbacks of a key's jobs. `made` is stored if there are none. */
  callbackSecrets(keyId: KeyId, made?: SealedSecret): Promise<readonly SealedSecret[]>;
  /** Replaces the secrets of a key's callbacks by the result of `edit`, and repeats that if they change meanwhile. */
  changeCallbackSecrets(
    keyId: KeyId,
    edit: (secrets: readonly SealedSecret[]) => readonly SealedSecret[],
  ): Promise<readonly SealedSecret[]>;
}

/** The webhook endpoints of a key, oldest first, and the secrets that sign its callbacks. */
export interface WebhooksOfKey {
  readonly endpoints: readonly WebhookEndpoint[];
  readonly callbackSecrets: readonly SealedSecret[];
}

/** The ends of jobs and groups that are to be delivered. Every queue has one, except the internal ones. */
export interface Outbox {
  /** Reads the oldest entries of a shard. An entry stays until it is taken out, so what readers do with one must be idempotent. */
  read(shard: OutboxShard, reading: OutboxReading): Promise<OutboxRead>;
  takeOut(shard: OutboxShard, move: OutboxMove): Promise<void>;
  /** How many entries the shards of a queue have. */
  length(queue: QueueName): Promise<OutboxLength>;
  /** Calls the listener when a shard has new entries, or without a shard if news may have been lost. News are hints. */
  onNews(listener: (shard?: OutboxShard) => void): Promise<AsyncDisposable>;
}

export interface Webhooks {
  readonly webhookEndpoints: WebhookEndpoints;
  readonly outbox: Outbox;
}
