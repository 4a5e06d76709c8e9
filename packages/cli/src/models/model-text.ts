import type { ModelPrice, ModelStatus } from "@millrace/proto/admin-model";
import { dollarsText } from "../dollars.ts";
import { details, table } from "../table.ts";

/** Input, cached input and output, in US dollars per million tokens. "-" if it is not known. */
export function priceText(price: ModelPrice | undefined): string {
  if (price === undefined) return "-";
  const { inputMicros = 0n, cachedInputMicros = inputMicros, outputMicros = 0n } = price;
  return [inputMicros, cachedInputMicros, outputMicros].map(dollarsText).join("/");
}

const countText = (count: bigint | undefined): string =>
  count === undefined ? "-" : String(count);

export const modelTable = (models: readonly ModelStatus[]): string =>
  table(
    ["MODEL", "ROUTES", "ALIASES", "CONTEXT", "MAX OUTPUT", "PRICE", "NOT SERVED"],
    models.map(({ model, unservedAccounts }) => [
      model?.name ?? "",
      (model?.routes ?? []).map(({ account }) => account).join(", "),
      (model?.aliases ?? []).join(", "),
      countText(model?.contextTokens),
      countText(model?.maxOutputTokens),
      priceText(model?.price),
      unservedAccounts.join(", "),
    ]),
  );

/** Formats a model with a row for each route. */
export function modelText({ model, unservedAccounts }: ModelStatus): string {
  const {
    name = "",
    aliases = [],
    routes = [],
    contextTokens,
    maxOutputTokens,
    price,
  } = model ?? {};
  const summary = details([
    ["model", name],
    ["aliases", aliases.join(" ")],
    ["context", contextTokens === undefined ? undefined : `${contextTokens} tokens`],
    ["max output", maxOutputTokens === undefined ? undefined : `${maxOutputTokens} tokens`],
    ["price", price === undefined ? undefined : `${priceText(price)} USD per million tokens`],
  ]);
  const rows = routes.map((route) => [
    route.account,
    route.model,
    priceText(route.price ?? price),
    unservedAccounts.includes(route.account) ? "no" : "yes",
  ]);
  return `${summary}\n\n${table(["ACCOUNT", "PROVIDER'S MODEL", "PRICE", "SERVED"], rows)}`;
}
