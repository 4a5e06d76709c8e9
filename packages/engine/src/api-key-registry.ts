import type { Clock, KeyId } from "@millrace/shared";
import type { Redis } from "ioredis";
import type { ApiKeyRecord, ApiKeys } from "./engine.ts";
import { registryKeys } from "./keys.ts";
import { asStoreFault } from "./store-fault.ts";

export function apiKeyRegistry(redis: Redis, rootPrefix: string, clock: Clock): ApiKeys {
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

  return {
    put: (record) =>
      attempt("storing an API key", async () => {
        await redis.hsetnx(key, record.keyId, format(record));
        return (await read(record.keyId)) ?? record;
      }),
    get: (keyId) => attempt("reading an API key", () => read(keyId)),
    list: () =>
      attempt("listing API keys", async () => {
        const all = (await redis.hvals(key)).map(parse);
        return all.sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
      }),
    revoke: (keyId) =>
      attempt("revoking an API key", async () => {
        const record = await read(keyId);
        if (record === undefined || record.revokedMs !== undefined) return record;
        // Two at once both write "revoked", with times that hardly differ.
        const revoked = { ...record, revokedMs: clock.nowMs() };
        await redis.hset(key, keyId, format(revoked));
        return revoked;
      }),
  };
}

const format = (record: ApiKeyRecord): string =>
  JSON.stringify({ ...record, secretHash: record.secretHash.toString("base64") });

function parse(text: string): ApiKeyRecord {
  const stored = JSON.parse(text) as Omit<ApiKeyRecord, "secretHash"> & { secretHash: string };
  return { ...stored, secretHash: Buffer.from(stored.secretHash, "base64") };
}
