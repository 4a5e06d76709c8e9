/** The parts of a worker that its slots are counted by. */
export interface CountedWorker {
  readonly queues: readonly string[];
  readonly pools: readonly string[];
  readonly slots: number;
  readonly draining: boolean;
}

export interface PoolSlots {
  readonly queue: string;
  /** "" for the jobs that need no pool, which every worker of the queue serves. */
  readonly pool: string;
  readonly slots: number;
}

/**
 * The slots of workers by queue and pool. A worker counts in each queue and pool that it serves, so the sums of different
 * queues and pools overlap. A draining worker takes no jobs and does not count.
 */
export function slotsByPool(workers: readonly CountedWorker[]): readonly PoolSlots[] {
  const sums = new Map<string, { queue: string; pool: string; slots: number }>();
  for (const { queues, pools, slots, draining } of workers) {
    if (draining) continue;
    for (const queue of new Set(queues)) {
      for (const pool of new Set(["", ...pools])) {
        const name = `${queue} ${pool}`;
        const sum = sums.get(name) ?? { queue, pool, slots: 0 };
        sum.slots += slots;
        sums.set(name, sum);
      }
    }
  }
  return [...sums.values()];
}
