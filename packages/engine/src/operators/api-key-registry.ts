import { type Clock, jsonText, type KeyId } from "@millrace/shared";
import { addField } from "../redis/add_field.ts";
import { registryKeys } from "../redis/keys.ts";
import { readFieldPage } from "../redis/read_field_page.ts";
import { replaceField } from "../redis/replace_field.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { ApiKeyRecord, ApiKeys } from "./contract.ts";

export function apiKeyRegistry(redis: Store, rootPrefix: string, clock: Clock): ApiKeys {
  const key = registryKeys(rootPrefix).apiKeys;
  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw asStoreFault(error, doing);
    }
  };
  const read = async (keyId: KeyId) => {
    const text = await redis.hget(key, keyId);
    return text === null ? undefined : parse(text);
  };
  /** Replaces a record by the result of `edit`. It repeats that if the record changes meanwhile (optimistic concurrency). */
  const change = async (keyId: KeyId, edit: (record: ApiKeyRecord) => ApiKeyRecord) => {
    for (;;) {
      const before = await redis.hget(key, keyId);
      if (before === null) return;
      const record = parse(before);
      const edited = edit(record);
      if (edited === record) return record;
      const after = format(edited);
      if (await replaceField.run(redis, key, { field: keyId, before, after })) return edited;
    }
  };

  return {
    put: (record) =>
      attempt("storing an API key", async () => {
        const added = { field: record.keyId, value: format(record) };
        return parse(await addField.run(redis, key, added));
      }),
    get: (keyId) => attempt("reading an API key", () => read(keyId)),
    getAll: (keyIds) =>
      attempt("reading API keys", async () => {
        if (keyIds.length === 0) return [];
        const texts = await redis.hmget(key, ...keyIds);
        return texts.map((text) => (text === null ? undefined : parse(text)));
      }),
    list: () =>
      attempt("listing API keys", async () => {
        const all = (await redis.hvals(key)).map(parse);
        return all.sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
      }),
    page: (count, from) =>
      attempt("reading a page of API keys", async () => {
        const request = from === undefined ? { count } : { count, from };
        return (await readFieldPage.run(redis, key, request)).map(parse);
      }),
    rename: (keyId, name, before) =>
      attempt("renaming an API key", () =>
        change(keyId, (record) =>
          before === undefined || record.name === before ? { ...record, name } : record,
        ),
      ),
    rotate: (keyId, secretHash, graceMs) =>
      attempt("rotating an API key", () =>
        change(keyId, (record) => {
          if (record.revokedMs !== undefined) return record;
          const oldSecret = { hash: record.secretHash, expiresMs: clock.nowMs() + graceMs };
          return { ...record, secretHash, oldSecret };
        }),
      ),
    revoke: (keyId) =>
      attempt("revoking an API key", () =>
        change(keyId, (record) =>
          record.revokedMs === undefined ? { ...record, revokedMs: clock.nowMs() } : record,
        ),
      ),
  };
}

/** The stored form. Hashes are in base64. */
interface StoredRecord extends Omit<ApiKeyRecord, "secretHash" | "oldSecret"> {
  readonly secretHash: string;
  readonly oldSecret?: { readonly hash: string; readonly expiresMs: number };
}

function format({ secretHash, oldSecret, ...rest }: ApiKeyRecord): string {
  const stored: StoredRecord = {
    ...rest,
    secretHash: secretHash.toString("base64"),
    ...(oldSecret && { oldSecret: { ...oldSecret, hash: oldSecret.hash.toString("base64") } }),
  };
  return jsonText(stored);
}

function parse(text: string): ApiKeyRecord {
  const { secretHash, oldSecret, ...rest } = JSON.parse(text) as StoredRecord;
  return {
    ...rest,
    secretHash: Buffer.from(secretHash, "base64"),
    ...(oldSecret && { oldSecret: { ...oldSecret, hash: Buffer.from(oldSecret.hash, "base64") } }),
  };
}
