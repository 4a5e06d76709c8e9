import type { Explanation } from "@millrace/engine";
import type { JobServing } from "../messages/explanation-message.ts";
import { type ServingWorker, whoServes, whoServesModel } from "../policy/who-serves.ts";

/** Finds out who serves a job, and for a job of a model, who serves each of its routes. */
export function servingOf(
  workers: readonly ServingWorker[],
  queue: string,
  { type, pool, model, routes = [] }: Explanation,
): JobServing {
  if (model === undefined) return { job: whoServes(workers, { queue, pool, type }), routes: [] };
  const accounts = routes.map(({ account }) => account);
  return {
    job: whoServesModel(workers, { queue, type, model, accounts }),
    routes: accounts.map((account) => whoServes(workers, { queue, pool: account, type })),
  };
}
