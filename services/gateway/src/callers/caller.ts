import { createHash } from "node:crypto";
import { type CallHeaders, CredentialWatch, RpcFault, rpcError } from "@millrace/runtime";
import { type Clock, hashSecret, type KeyId, parseApiKey } from "@millrace/shared";
import { LRUCache } from "lru-cache";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { KeyLookups } from "./key-lookups.ts";

/** Whoever calls: what `authenticate` found. */
export interface Caller {
  readonly keyId: KeyId;
  /** What its documents may take, where its budget says. */
  readonly maxStoredBytes?: number;
}

export const DEFAULT_KEY_CACHE_MS = 10_000;
export const DEFAULT_KEY_LOOKUPS_PER_ADDRESS = 20;
const KNOWN_KEYS = 10_000;
/** A key that is not known is not asked about again for this long. A key that is made is not shown before. */
const UNKNOWN_MS = 5_000;
const AUTHENTICATE_DEADLINE_MS = 5_000;
/** How often the key of a stream is checked at most, where each call asks. */
const LEAST_CHECK_MS = 1_000;
const BEARER = "Bearer ";

const unauthenticated = () =>
  rpcError({ reason: "UNAUTHENTICATED", message: "the API key is missing, wrong or revoked" });

const isRefusal = (error: unknown): boolean =>
  error instanceof RpcFault && error.reason === "UNAUTHENTICATED";

/** What a caller shows, hashed. */
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
  /** Calls `end` within the cache time once the caller's key or secret is refused. Returns how to stop that. */
  onRevoked(caller: Caller, end: (fault: RpcFault) => void): () => void;
}

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly keyCacheMs?: number;
  /** Unknown keys that callers of one address may show a second. */
  readonly lookupsPerAddress?: number;
}

/**
 * Tells callers by their API key. A key that the scheduler knows is not asked about again for
 * `keyCacheMs`, so a revoked one works that long at most, for calls and for streams. One that it does not
 * know is not asked about again for some seconds, and each address may show so many of those.
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
  /** However many calls show a key at once, the scheduler is asked about it once, unless each call is to ask. */
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
      // A key that was known is not the guess of a stranger.
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
      if (credential === undefined) throw new Error("a caller that no key was checked for");
      return watch.hold(credential.id, () => ask(credential), end);
    },
  };
}

/** Asks the scheduler whose credential it is. */
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

/** A peer without its port. */
const addressOf = (peer: string): string => peer.slice(0, peer.lastIndexOf(":"));

function credentialOf(headers: CallHeaders): Credential | undefined {
  const header = headers.get("authorization");
  if (header === undefined || !header.startsWith(BEARER)) return undefined;
  const key = parseApiKey(header.slice(BEARER.length));
  if (key === undefined) return undefined;
  const secretSha256 = hashSecret(key.secret);
  // Over both parts: the right secret of one key must not open another.
  const id = createHash("sha256").update(key.keyId).update(secretSha256).digest("base64");
  return { id, keyId: key.keyId, secretSha256 };
}
