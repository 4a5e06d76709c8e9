import type { LeaseRoute, Model } from "./contract.ts";

/** Reads a stored route (R.route). Returns undefined if there is none, or if it cannot be read. */
export function parseRoute(text: string | null | undefined): LeaseRoute | undefined {
  const [, account, model] = /^(\S+) (.+)$/.exec(text ?? "") ?? [];
  return account === undefined || model === undefined ? undefined : { account, model };
}

/** The routes of a model in the form that shards have: one on each line. */
export const routesText = ({ routes }: Pick<Model, "routes">): string =>
  routes.map(({ account, model }) => `${account} ${model}`).join("\n");
