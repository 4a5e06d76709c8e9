import type { Clock, KeyId } from "@millrace/shared";
import { LRUCache } from "lru-cache";

/** How old the known sizes may be before they are looked up again. What other programs store is seen then. */
const FRESH_MS = 10_000;
const KNOWN_KEYS = 10_000;

/** Keeps how many bytes the documents of each key take, so that they are not looked up for each piece of an upload. */
export interface KnownBytes {
  of(keyId: KeyId): Promise<number>;
  /** What this program has added or removed counts at once. */
  change(keyId: KeyId, by: number): void;
}

export function knownBytes(lookUp: (keyId: KeyId) => Promise<number>, clock: Clock): KnownBytes {
  const known = new LRUCache<KeyId, { bytes: number; atMs: number }>({ max: KNOWN_KEYS });
  return {
    async of(keyId) {
      const seen = known.get(keyId);
      if (seen !== undefined && clock.nowMs() - seen.atMs < FRESH_MS) return seen.bytes;
      const atMs = clock.nowMs();
      const bytes = await lookUp(keyId);
      known.set(keyId, { bytes, atMs });
      return bytes;
    },
    change(keyId, by) {
      const seen = known.get(keyId);
      if (seen !== undefined) seen.bytes += by;
    },
  };
}
