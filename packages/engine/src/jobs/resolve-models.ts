import type { Models } from "../models/contract.ts";
import type { JobSpec, SubmitOutcome } from "./contract.ts";

/** Jobs whose models have their own names instead of aliases, and the outcomes of those that cannot be stored. */
export interface ResolvedModels {
  readonly jobs: readonly JobSpec[];
  readonly refused: ReadonlyMap<JobSpec, SubmitOutcome>;
}

const NONE: ReadonlyMap<JobSpec, SubmitOutcome> = new Map();

/** Looks up the models that jobs name. It reads nothing if no job names one. */
export async function resolveModels(
  models: Pick<Models, "lookUp">,
  jobs: readonly JobSpec[],
): Promise<ResolvedModels> {
  if (jobs.every(({ model, pool }) => model === undefined && !isReserved(pool))) {
    return { jobs, refused: NONE };
  }
  const names = new Set(jobs.flatMap(({ model }) => model ?? []));
  const found = new Map(
    await Promise.all([...names].map(async (name) => [name, await models.lookUp(name)] as const)),
  );
  const refused = new Map<JobSpec, SubmitOutcome>();
  const resolved = jobs.map((job) => {
    const { model, pool } = job;
    if (isReserved(pool) || (model !== undefined && pool !== undefined)) {
      refused.set(job, { kind: "invalid", argument: "pool" });
      return job;
    }
    const lookup = model === undefined ? undefined : found.get(model);
    if (model === undefined || lookup === undefined) return job;
    if (lookup.kind === "notFound") {
      refused.set(job, { kind: "unknownModel", model, nearest: lookup.nearest });
      return job;
    }
    return lookup.model.name === model ? job : { ...job, model: lookup.model.name };
  });
  return { jobs: resolved, refused };
}

/** The names of pools do not begin like the lanes of models (lanePool in redis/keys.ts). */
const isReserved = (pool: string | undefined): boolean => pool?.startsWith("=") === true;
