/** The parts of a worker that decide which jobs it serves. */
export interface ServingWorker {
  readonly queues: readonly string[];
  /** It serves jobs without a pool in any case. */
  readonly pools: readonly string[];
  /** Empty: any. */
  readonly types: readonly string[];
  readonly slots: number;
  readonly running: number;
  readonly draining: boolean;
}

/** What a job needs of a worker. */
export interface Needs {
  readonly queue: string;
  /** "" if it needs none. */
  readonly pool: string;
  readonly type: string;
}

export type Serving =
  /** The first of the job's needs that no worker serves together with those before it. */
  | { readonly kind: "nobody"; readonly missing: keyof Needs; readonly subject: string }
  | {
      readonly kind: "somebody";
      readonly workers: number;
      readonly slots: number;
      readonly running: number;
    };

/** Finds out whether connected workers serve a job. Draining workers take no more jobs, so they do not count. */
export function whoServes(
  workers: readonly ServingWorker[],
  { queue, pool, type }: Needs,
): Serving {
  const ofQueue = workers.filter((one) => !one.draining && one.queues.includes(queue));
  if (ofQueue.length === 0) return { kind: "nobody", missing: "queue", subject: queue };
  const ofPool = pool === "" ? ofQueue : ofQueue.filter((one) => one.pools.includes(pool));
  if (ofPool.length === 0) return { kind: "nobody", missing: "pool", subject: pool };
  const ofType = ofPool.filter((one) => one.types.length === 0 || one.types.includes(type));
  if (ofType.length === 0) return { kind: "nobody", missing: "type", subject: type };
  return {
    kind: "somebody",
    workers: ofType.length,
    slots: ofType.reduce((sum, { slots }) => sum + slots, 0),
    running: ofType.reduce((sum, { running }) => sum + running, 0),
  };
}
