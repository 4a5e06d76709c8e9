import type { JobId, KeyId, QueueName } from "@millrace/shared";

/** A secret in its sealed form (AES-256-GCM). The engine stores it and cannot read it. */
export interface SealedSecret {
  readonly sealed: string;
  /** The last characters of the secret, to tell secrets apart. */
  readonly hint: string;
  readonly createdMs: number;
  /** A former secret signs until this time. */
  readonly expiresMs?: number;
}

/** A URL to which the events of one API key are sent. */
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

/** An end of a job or group that was recorded in the script that made it, and is not yet on its way. */
export interface OutboxEntry {
  /** Names the entry in its shard. Entries of a shard are in the order of their ids. */
  readonly entryId: string;
  readonly queue: QueueName;
  readonly keyId: KeyId;
  /** For example "job.succeeded", "group.failed" or "job.dead_lettered". */
  readonly eventType: string;
  readonly subjectId: JobId;
  readonly endedMs: number;
  /** The job or group as it ended, without payload and result: JSON. It does not depend on what is kept of the job. */
  readonly snapshotJson: string;
}

export interface WebhookEndpoints {
  /** Creates an endpoint. FULL: the key has `most` endpoints. NAME_TAKEN: another endpoint of the key has its name. */
  create(
    endpoint: WebhookEndpoint,
    most: number,
  ): Promise<
    { readonly kind: "CREATED" } | { readonly kind: "FULL" } | { readonly kind: "NAME_TAKEN" }
  >;
  get(id: string): Promise<WebhookEndpoint | undefined>;
  /** Oldest first. */
  list(keyId: KeyId): Promise<readonly WebhookEndpoint[]>;
  /**
   * Replaces an endpoint by the result of `edit`, and repeats that if the endpoint changes meanwhile. `edit` may throw.
   * Returns undefined if there is no such endpoint.
   */
  change(
    id: string,
    edit: (endpoint: WebhookEndpoint) => WebhookEndpoint,
  ): Promise<WebhookEndpoint | undefined>;
  /** Returns false if there was no such endpoint. */
  delete(id: string): Promise<boolean>;
  /** The secrets that sign the callbacks of a key's jobs. `made` is stored if there are none. */
  callbackSecrets(keyId: KeyId, made?: SealedSecret): Promise<readonly SealedSecret[]>;
  putCallbackSecrets(keyId: KeyId, secrets: readonly SealedSecret[]): Promise<void>;
}

export interface Outbox {
  /**
   * The oldest entries of a queue's shards, at most `count`. An entry stays until it is taken out, so several
   * schedulers may read the same entries: what they do with one must be idempotent.
   */
  read(queue: QueueName, count: number): Promise<readonly OutboxEntry[]>;
  takeOut(queue: QueueName, entries: readonly OutboxEntry[]): Promise<void>;
}

export interface Webhooks {
  readonly webhookEndpoints: WebhookEndpoints;
  readonly outbox: Outbox;
}
