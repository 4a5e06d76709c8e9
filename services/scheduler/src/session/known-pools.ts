import type { Engine } from "@millrace/engine";

/** What pools may be named after. */
export interface Catalogue {
  readonly models: Pick<Engine["models"], "list">;
  readonly providerAccounts: Pick<Engine["providerAccounts"], "list">;
}

/**
 * The names of provider accounts and of the accounts of models' routes. A worker's pool that is not among them is probably
 * misspelt. Undefined if there are no models: then a pool need not be an account.
 */
export async function knownPools(engine: Catalogue): Promise<ReadonlySet<string> | undefined> {
  const [models, accounts] = await Promise.all([
    engine.models.list(),
    engine.providerAccounts.list(),
  ]);
  if (models.length === 0) return undefined;
  const routed = models.flatMap(({ routes }) => routes.map(({ account }) => account));
  return new Set([...accounts.map(({ account }) => account.name), ...routed]);
}

/** The pools of a worker that are unknown in this sense. It reads nothing for a worker without pools. */
export async function unknownPools(engine: Catalogue, pools: readonly string[]): Promise<string[]> {
  const known = pools.length === 0 ? undefined : await knownPools(engine);
  return known === undefined ? [] : pools.filter((pool) => !known.has(pool));
}
