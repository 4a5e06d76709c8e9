import { INTERNAL_QUEUE_PREFIX } from "@millrace/shared";
import { parseReservation } from "../accounts/reservation.ts";
import type { Model } from "../models/contract.ts";
import { parseRoute, routesText } from "../models/stored-models.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** The routes of each model by name, in the form that shards have. */
export const routesByName = (models: readonly Model[]): ReadonlyMap<string, string> =>
  new Map(models.map((model) => [model.name, routesText(model)]));

const LANE = "mr:lane:";

/** A job of a model waits in the lane that all models share, or in one of its own model. */
function* misplaced({ names, zset, jobs }: ShardSnapshot): Generator<Finding> {
  for (const name of names.filter((one) => one.startsWith(LANE))) {
    const pool = name.slice(LANE.length).split("|")[2] ?? "";
    if (!pool.startsWith("=")) continue;
    for (const id of zset(name)) {
      const own = jobs.get(id)?.[F.lane]?.split("|")[2];
      if (own === undefined || own === pool || (own.startsWith("=") && pool === "=")) continue;
      const problem = `belongs to a lane of ${own}, but waits in ${name.slice(LANE.length)}`;
      yield { invariant: 15, subject: id, problem };
    }
  }
}

/**
 * Checks models (15): a shard that is up to date has the routes of the catalogue and no others, what an attempt of a
 * model's job reserved is of the account of its route, and no lane of a model has jobs of another one.
 */
export function* checkModels(
  snapshot: ShardSnapshot,
  version: number,
  catalogue: ReadonlyMap<string, string>,
): Generator<Finding> {
  const { shard, hash, jobs } = snapshot;
  yield* misplaced(snapshot);
  for (const [id, job] of jobs) {
    const route = parseRoute(job[F.route]);
    const reserved = parseReservation("account_reservation", job[F.account_reservation])?.pool;
    if (route === undefined || reserved === undefined || reserved === route.account) continue;
    const problem = `reserved of account ${reserved}, but its route is of ${route.account}`;
    yield { invariant: 15, subject: id, problem };
  }
  const { [F.models_version]: has, ...stored } = hash("mr:models");
  // A shard that is behind is brought up to date by every scheduler. Internal queues have no jobs of models.
  if (shard.queue.startsWith(INTERNAL_QUEUE_PREFIX) || Number(has ?? 0) !== version) return;
  for (const name of new Set([...catalogue.keys(), ...Object.keys(stored)])) {
    if (stored[name] === catalogue.get(name)) continue;
    const is = JSON.stringify(stored[name] ?? "");
    const problem = `has the routes ${JSON.stringify(catalogue.get(name) ?? "")}, but the shard has ${is}`;
    yield { invariant: 15, subject: name, problem, repair: { kind: "models", name: "" } };
  }
}
