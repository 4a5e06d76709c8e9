import { INTERNAL_QUEUE_PREFIX } from "@millrace/shared";
import { parseReservation } from "../accounts/reservation.ts";
import type { Model } from "../models/contract.ts";
import { parseRoute, routesText } from "../models/stored-models.ts";
import { F } from "../redis/stored-names.ts";
import type { Finding } from "./finding.ts";
import type { ShardSnapshot } from "./shard-snapshot.ts";

/** The routes of each model by name, in the form that shards have. */
export const routesByName = (
  models: readonly Model[],
): ReadonlyMap<string, string> => new Map(models.map((model) => [model.name, routesText(model)]));

/**
 * Checks models (15): a shard that is up to date has the routes of the catalogue and no others, and what an attempt of a
 * model's job reserved is of the account of its route.
 */
export function* checkModels(
  { shard, hash, jobs }: ShardSnapshot,
  version: number,
  catalogue: ReadonlyMap<string, string>,
): Generator<Finding> {
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
