/**
 * The pools of a worker that are neither provider accounts nor accounts of a model's route. Empty if there are no models: then
 * a pool need not be an account.
 */
export function unknownPools(
  pools: readonly string[],
  models: readonly { readonly routes: readonly { readonly account: string }[] }[],
  accounts: readonly string[],
): readonly string[] {
  if (models.length === 0) return [];
  const routed = models.flatMap(({ routes }) => routes.map(({ account }) => account));
  const known = new Set([...accounts, ...routed]);
  return pools.filter((pool) => !known.has(pool));
}
