import { rpcError } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { LRUCache } from "lru-cache";

/** Addresses that are remembered; those that fail least lately are forgotten. */
const KNOWN_ADDRESSES = 10_000;
/** How many seconds' worth of failures an address may have at once. */
const BURST_SECONDS = 10;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * How often callers of one address may show keys that the scheduler does not know. Each such key costs a
 * look-up in Redis, and there are endlessly many of them.
 */
export class KeyLookups {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new LRUCache<string, Bucket>({ max: KNOWN_ADDRESSES });

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Throws TOO_MANY_KEY_LOOKUPS; else the look-up counts, unless it is given back because the key was known. */
  begin(address: string): { giveBack(): void } {
    const bucket = this.#filled(address);
    if (bucket.tokens < 1) throw this.#refusal();
    bucket.tokens -= 1;
    return {
      giveBack: () => {
        bucket.tokens += 1;
      },
    };
  }

  #filled(address: string): Bucket {
    const nowMs = this.#clock.nowMs();
    const most = this.#perSecond * BURST_SECONDS;
    const bucket = this.#buckets.get(address) ?? { tokens: most, atMs: nowMs };
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(most, bucket.tokens + (passedMs * this.#perSecond) / 1_000);
    bucket.atMs = nowMs;
    this.#buckets.set(address, bucket);
    return bucket;
  }

  #refusal() {
    return rpcError({
      reason: "TOO_MANY_KEY_LOOKUPS",
      message: `callers of this address showed too many unknown API keys (more than ${this.#perSecond} a second): wait, and check the key`,
      metadata: { limit: String(this.#perSecond) },
      retryDelayMs: 1_000,
    });
  }
}
