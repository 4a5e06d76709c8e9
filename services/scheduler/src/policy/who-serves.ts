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
  | {
      readonly kind: "nobody";
      readonly missing: keyof Needs | "model";
      readonly subject: string;
    }
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
  return ofType(ofPool, type);
}

/** What a job of a model needs of a worker: one of the accounts. A model without a route needs none. */
export interface ModelNeeds extends Omit<Needs, "pool"> {
  readonly model: string;
  readonly accounts: readonly string[];
}

/** Finds out whether connected workers serve a job of a model. A worker that serves one of the accounts does. */
export function whoServesModel(
  workers: readonly ServingWorker[],
  { queue, type, model, accounts }: ModelNeeds,
): Serving {
  const ofQueue = workers.filter((one) => !one.draining && one.queues.includes(queue));
  if (ofQueue.length === 0) return { kind: "nobody", missing: "queue", subject: queue };
  if (accounts.length === 0) return ofType(ofQueue, type);
  const ofModel = ofQueue.filter(({ pools }) =>
    accounts.some((account) => pools.includes(account)),
  );
  if (ofModel.length === 0) return { kind: "nobody", missing: "model", subject: model };
  return ofType(ofModel, type);
}

function ofType(workers: readonly ServingWorker[], type: string): Serving {
  const serving = workers.filter((one) => one.types.length === 0 || one.types.includes(type));
  if (serving.length === 0) return { kind: "nobody", missing: "type", subject: type };
  return {
    kind: "somebody",
    workers: serving.length,
    slots: serving.reduce((sum, { slots }) => sum + slots, 0),
    running: serving.reduce((sum, { running }) => sum + running, 0),
  };
}
