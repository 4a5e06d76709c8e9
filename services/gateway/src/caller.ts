import { createHash } from "node:crypto";
import { type CallHeaders, RpcFault, rpcError } from "@millrace/runtime";
import { hashSecret, type KeyId, parseApiKey } from "@millrace/shared";
import { LRUCache } from "lru-cache";
import type { Scheduler } from "./scheduler-client.ts";

/** Whoever calls: what `authenticate` found. */
export interface Caller {
  readonly keyId: KeyId;
  /** What its documents may take, where its budget says. */
  readonly maxStoredBytes?: number;
}

export const DEFAULT_KEY_CACHE_MS = 10_000;
const KNOWN_KEYS = 10_000;
const AUTHENTICATE_DEADLINE_MS = 5_000;
const BEARER = "Bearer ";

const unauthenticated = () =>
  rpcError({ reason: "UNAUTHENTICATED", message: "the API key is missing, wrong or revoked" });

/**
 * Tells callers by their API key. A key that the scheduler knows is not asked about again for
 * `keyCacheMs`, so a revoked one works that long at most; one it does not know is asked about each time.
 */
export function createAuthenticator(scheduler: Scheduler, keyCacheMs = DEFAULT_KEY_CACHE_MS) {
  const known = new LRUCache<string, Caller>({ max: KNOWN_KEYS, ttl: keyCacheMs });
  return async (headers: CallHeaders): Promise<Caller> => {
    const header = headers.get("authorization");
    if (header === undefined || !header.startsWith(BEARER)) throw unauthenticated();
    const key = parseApiKey(header.slice(BEARER.length));
    if (key === undefined) throw unauthenticated();
    const secretSha256 = hashSecret(key.secret);
    // Over both parts: the right secret of one key must not open another.
    const entry = createHash("sha256").update(key.keyId).update(secretSha256).digest("base64");
    const cached = known.get(entry);
    if (cached !== undefined) return cached;
    let caller: Caller = { keyId: key.keyId };
    try {
      const { maxStoredBytes } = await scheduler.authenticate(
        { keyId: key.keyId, secretSha256: new Uint8Array(secretSha256) },
        { deadlineMs: AUTHENTICATE_DEADLINE_MS },
      );
      if (maxStoredBytes !== undefined)
        caller = { ...caller, maxStoredBytes: Number(maxStoredBytes) };
    } catch (error) {
      if (error instanceof RpcFault && error.reason === "UNAUTHENTICATED") throw unauthenticated();
      throw error;
    }
    // To the cache, no time is for ever.
    if (keyCacheMs > 0) known.set(entry, caller);
    return caller;
  };
}
