import type { KeyId } from "@millrace/shared";

/** What an operator changes. */
export interface Change {
  readonly actor: string;
  /** For example "UpdateApiKey". */
  readonly action: string;
  /** What it is done to, for example a key id. */
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

/** What operators have changed: for people who ask who did what. Nothing is decided by it. */
export interface ChangeLog {
  /** Writes a change down, and is called before it is made: one that was made is never missing. Returns its id. */
  append(change: Change): Promise<string>;
  /** Takes back a change that was not made after all. */
  retract(id: string): Promise<void>;
  /** Newest first. Undefined: no such page token was given out. */
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
  /** Stores a key. Repeating it is safe; a key that exists is left as it is and returned. */
  put(key: Omit<ApiKeyRecord, "revokedMs" | "oldSecret">): Promise<ApiKeyRecord>;
  get(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
  /** By key id. */
  list(): Promise<readonly ApiKeyRecord[]>;
  /** Where `before` is given, only a key that still has that name; another is left as it is, and returned. */
  rename(keyId: KeyId, name: string, before?: string): Promise<ApiKeyRecord | undefined>;
  /** Gives a key a new secret; the one before goes on working for `graceMs`. A revoked key is left as it is. Not safe to repeat. */
  rotate(keyId: KeyId, secretHash: Buffer, graceMs: number): Promise<ApiKeyRecord | undefined>;
  /** Marks a key as revoked, for good. Repeating it is safe. */
  revoke(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
}

export interface Operators {
  readonly apiKeys: ApiKeys;
  readonly changeLog: ChangeLog;
}
