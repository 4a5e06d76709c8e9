import { type CallHeaders, CredentialWatch, RpcFault, rpcError } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { LRUCache } from "lru-cache";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import { type Caller, type Credential, credentialOf } from "./credential.ts";
import { KeyLookups } from "./key-lookups.ts";

export type { Caller } from "./credential.ts";

export const DEFAULT_KEY_CACHE_MS = 10_000;
export const DEFAULT_KEY_LOOKUPS_PER_ADDRESS = 20;
const KNOWN_KEYS = 10_000;
/** How long an unknown key is cached as unknown. A caller cannot use a new key before its creation was answered. */
const UNKNOWN_MS = 5_000;
/** The shortest time between two checks of a stream's key, if keys are not cached. */
const LEAST_CHECK_MS = 1_000;
/** How long after its end a job token is checked, so that the scheduler has also seen the end. */
const ENDED_MS = 100;

const unauthenticated = (credential?: Credential) =>
  rpcError({
    reason: "UNAUTHENTICATED",
    message: credential?.isJobToken
      ? "the job token is wrong or has ended, or its API key is revoked: ask for another token"
      : "the API key is missing, wrong or revoked: send a valid key as authorization: Bearer <key>",
  });

const isRefusal = (error: unknown): boolean =>
  error instanceof RpcFault && error.reason === "UNAUTHENTICATED";

interface Known {
  readonly caller: Caller;
  /** Until when the caller is taken for known: the end of the cache time, or of a job token. */
  readonly knownUntilMs: number;
  /** When the credential of a call that lasts is checked again. */
  readonly nextCheckMs: number;
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
  scheduler: Pick<Scheduler, "authenticate" | "authenticateJobToken">,
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
  /** The credentials of calls. A stream authenticates each of its messages, and hashes its key only once. */
  const shown = new WeakMap<CallHeaders, Credential>();
  const dueMs = (id: string) => known.peek(id)?.nextCheckMs ?? clock.nowMs() + LEAST_CHECK_MS;
  const watch = new CredentialWatch(dueMs, clock);

  const askOnce = async (credential: Credential): Promise<Caller> => {
    const { id } = credential;
    const nowMs = clock.nowMs();
    let asked: Awaited<ReturnType<Credential["ask"]>>;
    try {
      asked = await credential.ask();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      known.delete(id);
      if (keyCacheMs > 0) unknown.set(id, nowMs + UNKNOWN_MS);
      watch.revoke(id);
      throw unauthenticated(credential);
    }
    const { caller, remainingMs } = asked;
    credentials.set(caller, credential);
    const checkMs = Math.min(Math.max(keyCacheMs, LEAST_CHECK_MS), remainingMs + ENDED_MS);
    const knownUntilMs = nowMs + Math.min(keyCacheMs, remainingMs);
    known.set(id, { caller, knownUntilMs, nextCheckMs: nowMs + checkMs });
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
      const credential = shown.get(headers) ?? credentialOf(headers, scheduler);
      if (credential === undefined) throw unauthenticated();
      shown.set(headers, credential);
      const { id } = credential;
      const cached = known.get(id);
      if (cached !== undefined && clock.nowMs() < cached.knownUntilMs) return cached.caller;
      if (clock.nowMs() < (unknown.get(id) ?? 0)) throw unauthenticated(credential);
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

/** Returns a peer's address without its port. */
const addressOf = (peer: string): string => peer.slice(0, peer.lastIndexOf(":"));
