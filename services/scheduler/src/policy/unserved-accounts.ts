/** What is to be known of a worker to see which pools are served. */
export interface PoolServer {
  readonly pools: readonly string[];
  /** It takes no more jobs, so it serves nothing. */
  readonly draining: boolean;
}

/** The accounts of a model's routes that no worker serves, in the order of the routes. */
export function unservedAccounts(
  { routes }: { readonly routes: readonly { readonly account: string }[] },
  workers: readonly PoolServer[],
): readonly string[] {
  const served = new Set(workers.flatMap(({ pools, draining }) => (draining ? [] : pools)));
  return routes.map(({ account }) => account).filter((account) => !served.has(account));
}

/**
 * Says which routes of a model nobody serves. Returns undefined if somebody serves each. It is also undefined if no
 * worker is connected: then nothing is known of what workers will serve.
 */
export function unservedNote(
  model: { readonly name: string; readonly routes: readonly { readonly account: string }[] },
  workers: readonly PoolServer[],
): string | undefined {
  const unserved = workers.length === 0 ? [] : unservedAccounts(model, workers);
  if (unserved.length === 0) return undefined;
  const accounts = `${unserved.length === 1 ? "account" : "accounts"} ${unserved.join(", ")}`;
  return `model ${model.name}: no connected worker serves ${accounts}, so no job runs there until one does`;
}
