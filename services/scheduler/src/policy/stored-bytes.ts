/** Where Redis may use as much as there is, a key's jobs may take this much in all queues. */
const WITHOUT_MAXMEMORY_BYTES = 4 * 1024 ** 3;
/** The part of `maxmemory` that one key's jobs may take in all queues. */
const PART = 2;

export interface StoredBytesBound {
  /** How many bytes the jobs of a key may take in each queue whose budget does not say. Infinity: no bound. */
  inEachQueue(): number;
  /** What Redis may use (0: as much as there is), and how many queues there are. */
  measured(limitBytes: number, queues: number): void;
}

/**
 * Keys that nobody has given a bound cannot fill Redis for all others either: one takes at most half of it, in equal
 * parts for each queue, because a queue's shards know only what they hold. `perQueue` is an operator's own bound, 0
 * none.
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
