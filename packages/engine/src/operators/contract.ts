import type { KeyId } from "@millrace/shared";

/** A change that an operator makes. */
export interface Change {
  readonly actor: string;
  /** For example "UpdateApiKey". */
  readonly action: string;
  /** What is changed, for example a key id. */
  readonly subject: string;
  /** JSON without secrets. */
  readonly detailJson: string;
}

export interface RecordedChange extends Change {
  readonly timeMs: number;
}

export interface ChangeLogSettings {
  readonly keepMs: number;
  readonly maxLength: number;
}

/** The record of what operators changed, for people who ask who did what. Millrace decides nothing by it. */
export interface ChangeLog {
  /** Records a change. Callers append before they make the change, so that no change is missing. Returns the entry's id. */
  append(change: Change): Promise<string>;
  /** Records a change that nobody made. The log keeps the newest 1,000 of these, and at most a tenth of its length. */
  appendEvent(event: Change): Promise<string>;
  /** Removes the entry of a change that was not made. */
  retract(id: string): Promise<void>;
  /** Newest first. Returns undefined if the page token is not valid. */
  list(pageSize: number, pageToken?: string): Promise<ChangePage | undefined>;
}

export interface ChangePage {
  readonly changes: readonly RecordedChange[];
  readonly nextPageToken?: string;
}

export interface ApiKeyRecord {
  readonly keyId: KeyId;
  readonly name: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly secretHash: Buffer;
  readonly createdMs: number;
  readonly revokedMs?: number;
  /** The secret before the last rotation, which works until `expiresMs`. */
  readonly oldSecret?: { readonly hash: Buffer; readonly expiresMs: number };
}

export interface ApiKeys {
  /** Stores a key. It is idempotent: a key that exists stays as it is and is returned. */
  put(key: Omit<ApiKeyRecord, "revokedMs" | "oldSecret">): Promise<ApiKeyRecord>;
  get(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
  /** As get, for several keys in one read, in their order. */
  getAll(keyIds: readonly KeyId[]): Promise<readonly (ApiKeyRecord | undefined)[]>;
  /** Sorted by key id. Its cost grows with the number of keys: answers to calls use `page`. */
  list(): Promise<readonly ApiKeyRecord[]>;
  /** Some keys, sorted by key id: those after one, or from one on. `count`: 1 to 5,000. */
  page(
    count: number,
    from?: { readonly after: string } | { readonly at: string },
  ): Promise<readonly ApiKeyRecord[]>;
  /** Renames a key. If `before` is given and the key has another name, the key stays as it is and is returned. */
  rename(keyId: KeyId, name: string, before?: string): Promise<ApiKeyRecord | undefined>;
  /** Gives a key a new secret; the old secret works for `graceMs` more. A revoked key stays as it is. It is not idempotent. */
  rotate(keyId: KeyId, secretHash: Buffer, graceMs: number): Promise<ApiKeyRecord | undefined>;
  /** Revokes a key for good. It is idempotent. */
  revoke(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
}

export interface Operators {
  readonly apiKeys: ApiKeys;
  readonly changeLog: ChangeLog;
}
