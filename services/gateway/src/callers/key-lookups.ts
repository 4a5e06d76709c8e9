import { rpcError } from "@millrace/runtime";
import type { Clock } from "@millrace/shared";
import { LRUCache } from "lru-cache";

/** How many peer addresses are remembered. The least recently used ones are forgotten first. */
const KNOWN_ADDRESSES = 10_000;
/** The burst: how many seconds' worth of look-ups an address may use at once. */
const BURST_SECONDS = 10;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket per peer address, which limits how often its callers may send keys that the scheduler does not know.
 * Each such key costs a look-up in Redis, and a caller can invent any number of them.
 */
export class KeyLookups {
  readonly #perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new LRUCache<string, Bucket>({ max: KNOWN_ADDRESSES });

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Takes a token, or throws TOO_MANY_KEY_LOOKUPS. Call `giveBack` if the key was known. */
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
      message: `callers of this address sent more than ${this.#perSecond} unknown API keys per second: check the key, and wait before the next try`,
      metadata: { limit: String(this.#perSecond) },
      retryDelayMs: 1_000,
    });
  }
}
