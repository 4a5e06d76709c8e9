/** What a key's jobs may take in all queues if Redis has no maxmemory. */
const WITHOUT_MAXMEMORY_BYTES = 4 * 1024 ** 3;
/** A key's jobs may take 1/PART of maxmemory in all queues. */
const PART = 2;

export interface StoredBytesBound {
  /** How many bytes the jobs of a key may take in each queue if its budget sets no limit. Infinity means no limit. */
  inEachQueue(): number;
  /** Takes Redis' maxmemory (0 if it has none) and the number of queues. */
  measured(limitBytes: number, queues: number): void;
}

/**
 * Limits the stored bytes of keys without a limit of their own, so that none of them can fill Redis for all others. A key
 * may take at most half of Redis, in equal parts per queue, because a queue's shards know only what they store.
 * `perQueue` is an operator's own limit per queue; 0 means no limit.
 */
export function storedBytesBound(perQueue: number | undefined): StoredBytesBound {
  let bound = WITHOUT_MAXMEMORY_BYTES;
  return {
    inEachQueue: () => (perQueue === 0 ? Number.POSITIVE_INFINITY : (perQueue ?? bound)),
    measured(limitBytes, queues) {
      const inAll = limitBytes > 0 ? limitBytes / PART : WITHOUT_MAXMEMORY_BYTES;
      bound = Math.floor(inAll / Math.max(1, queues));
    },
  };
}
