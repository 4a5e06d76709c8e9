import { createHash } from "node:crypto";
import { type CallHeaders, CredentialWatch, RpcFault, rpcError } from "@millrace/runtime";
import { type Clock, hashSecret, type KeyId, parseApiKey } from "@millrace/shared";
import { LRUCache } from "lru-cache";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { KeyLookups } from "./key-lookups.ts";

/** The caller of a call, as `authenticate` found it. */
export interface Caller {
  readonly keyId: KeyId;
  /** The most bytes that the caller's documents may take, if the key's budget sets a limit. */
  readonly maxStoredBytes?: number;
}

export const DEFAULT_KEY_CACHE_MS = 10_000;
export const DEFAULT_KEY_LOOKUPS_PER_ADDRESS = 20;
const KNOWN_KEYS = 10_000;
/** How long an unknown key is cached as unknown. A caller cannot use a new key before its creation was answered. */
const UNKNOWN_MS = 5_000;
const AUTHENTICATE_DEADLINE_MS = 5_000;
/** The shortest time between two checks of a stream's key, if keys are not cached. */
const LEAST_CHECK_MS = 1_000;
const BEARER = "Bearer ";

const unauthenticated = () =>
  rpcError({
    reason: "UNAUTHENTICATED",
    message:
      "the API key is missing, wrong or revoked: send a valid key as authorization: Bearer <key>",
  });

const isRefusal = (error: unknown): boolean =>
  error instanceof RpcFault && error.reason === "UNAUTHENTICATED";

/** The key that a caller sends, its secret as a hash. */
interface Credential {
  readonly id: string;
  readonly keyId: KeyId;
  readonly secretSha256: Buffer;
}
interface Known {
  readonly caller: Caller;
  readonly checkedMs: number;
}

export interface Authenticator {
  authenticate(headers: CallHeaders, peer: string): Promise<Caller>;
  /**
   * Calls `end` within the cache time after the caller's key or secret was refused. Returns a function that stops the
   * watch.
   */
  onRevoked(caller: Caller, end: (fault: RpcFault) => void): () => void;
}

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly keyCacheMs?: number;
  /** How many unknown keys the callers of one peer address may send per second. */
  readonly lookupsPerAddress?: number;
}

/**
 * Authenticates callers by their API key, and caches the scheduler's answers. A known key is cached for `keyCacheMs`:
 * a revoked key works no longer than that, for calls and for streams. An unknown key is cached for some seconds. The
 * rate of look-ups of unknown keys is limited per peer address.
 */
export function createAuthenticator(
  scheduler: Pick<Scheduler, "authenticate">,
  { clock, ...options }: AuthenticatorOptions,
): Authenticator {
  const { keyCacheMs = DEFAULT_KEY_CACHE_MS } = options;
  const lookups = new KeyLookups(
    options.lookupsPerAddress ?? DEFAULT_KEY_LOOKUPS_PER_ADDRESS,
    clock,
  );
  const known = new LRUCache<string, Known>({ max: KNOWN_KEYS });
  const unknown = new LRUCache<string, number>({ max: KNOWN_KEYS });
  const underWay = new Map<string, Promise<Caller>>();
  const credentials = new WeakMap<Caller, Credential>();
  const dueMs = (id: string) =>
    (known.peek(id)?.checkedMs ?? clock.nowMs()) + Math.max(keyCacheMs, LEAST_CHECK_MS);
  const watch = new CredentialWatch(dueMs, clock);

  const askOnce = async (credential: Credential): Promise<Caller> => {
    const { id } = credential;
    const nowMs = clock.nowMs();
    let caller: Caller;
    try {
      caller = await callerOf(scheduler, credential);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      known.delete(id);
      if (keyCacheMs > 0) unknown.set(id, nowMs + UNKNOWN_MS);
      watch.revoke(id);
      throw unauthenticated();
    }
    credentials.set(caller, credential);
    known.set(id, { caller, checkedMs: nowMs });
    return caller;
  };
  /** Asks the scheduler once for all concurrent calls with the same key; without a cache, each call asks for itself. */
  const ask = (credential: Credential): Promise<Caller> => {
    const { id } = credential;
    if (keyCacheMs === 0) return askOnce(credential);
    const waiting = underWay.get(id);
    if (waiting !== undefined) return waiting;
    const asked = askOnce(credential).finally(() => underWay.delete(id));
    underWay.set(id, asked);
    return asked;
  };

  return {
    async authenticate(headers, peer) {
      const credential = credentialOf(headers);
      if (credential === undefined) throw unauthenticated();
      const { id } = credential;
      const cached = known.get(id);
      if (cached !== undefined && clock.nowMs() < cached.checkedMs + keyCacheMs) {
        return cached.caller;
      }
      if (clock.nowMs() < (unknown.get(id) ?? 0)) throw unauthenticated();
      // Only look-ups of unknown keys count against the limit: a key that was valid before is no guess.
      if (cached !== undefined || underWay.has(id)) return await ask(credential);
      const lookup = lookups.begin(addressOf(peer));
      try {
        const caller = await ask(credential);
        lookup.giveBack();
        return caller;
      } catch (error) {
        if (!isRefusal(error)) lookup.giveBack();
        throw error;
      }
    },
    onRevoked(caller, end) {
      const credential = credentials.get(caller);
      if (credential === undefined) throw new Error("this caller was not authenticated here");
      return watch.hold(credential.id, () => ask(credential), end);
    },
  };
}

/** Asks the scheduler which caller a credential belongs to. */
async function callerOf(
  scheduler: Pick<Scheduler, "authenticate">,
  { keyId, secretSha256 }: Credential,
): Promise<Caller> {
  const { maxStoredBytes } = await scheduler.authenticate(
    { keyId, secretSha256: new Uint8Array(secretSha256) },
    { deadlineMs: AUTHENTICATE_DEADLINE_MS },
  );
  return {
    keyId,
    ...(maxStoredBytes === undefined ? {} : { maxStoredBytes: Number(maxStoredBytes) }),
  };
}

/** Returns a peer's address without its port. */
const addressOf = (peer: string): string => peer.slice(0, peer.lastIndexOf(":"));

function credentialOf(headers: CallHeaders): Credential | undefined {
  const header = headers.get("authorization");
  if (header === undefined || !header.startsWith(BEARER)) return undefined;
  const key = parseApiKey(header.slice(BEARER.length));
  if (key === undefined) return undefined;
  const secretSha256 = hashSecret(key.secret);
  // The hash covers key id and secret: the valid secret of one key must not open another.
  const id = createHash("sha256").update(key.keyId).update(secretSha256).digest("base64");
  return { id, keyId: key.keyId, secretSha256 };
}
