import type { LeaseRoute, Model, ModelPrice } from "./contract.ts";

/** A stored route (R.route). */
const ROUTE = /^(\S+) (\S+) (.+)$/;

/** Reads a stored route. Returns undefined if there is none, or if it cannot be read. */
export function parseRoute(text: string | null | undefined): LeaseRoute | undefined {
  const [, account, , model] = ROUTE.exec(text ?? "") ?? [];
  return account === undefined || model === undefined ? undefined : { account, model };
}

/** The routes of a model in the form that shards have: one on each line, each with its price. */
export const routesText = ({ routes, price }: Pick<Model, "routes" | "price">): string =>
  routes
    .map((route) => `${route.account} ${priceText(route.price ?? price)} ${route.model}`)
    .join("\n");

function priceText(price: ModelPrice | undefined): string {
  if (price === undefined) return "-";
  const { inputMicros, cachedInputMicros = inputMicros, outputMicros } = price;
  return `${inputMicros},${cachedInputMicros},${outputMicros}`;
}
