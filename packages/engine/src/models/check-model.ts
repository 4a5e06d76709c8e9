import { isModelName } from "@millrace/shared";
import type { Model, ModelPrice } from "./contract.ts";

const MOST_ROUTES = 16;
const MOST_ALIASES = 16;
const MOST_MICROS = 10 ** 12;
const ACCOUNT = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
/** Shards have one route on each line, so a line break would be another route. */
const PROVIDER_MODEL = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u;

/** Throws RangeError, with the field and its value, if a model breaks a rule of the contract. */
export function assertModel(model: Model): void {
  const { name, routes, aliases = [], contextTokens, maxOutputTokens } = model;
  const where = `model ${JSON.stringify(name)}`;
  const refuse = (field: string, value: unknown, rule: string): never => {
    throw new RangeError(`${where}: ${field} must be ${rule}, not ${JSON.stringify(value)}`);
  };
  if (!isModelName(name)) {
    refuse(
      "name",
      name,
      "letters, digits and . _ / : @ + -, at most 100, the first a letter or digit",
    );
  }
  if (routes.length < 1 || routes.length > MOST_ROUTES) {
    refuse("routes", routes.length, `1 to ${MOST_ROUTES}`);
  }
  if (aliases.length > MOST_ALIASES) refuse("aliases", aliases.length, `at most ${MOST_ALIASES}`);
  for (const alias of aliases) {
    if (!isModelName(alias)) refuse("aliases", alias, "of the form of a model's name");
  }
  if (new Set([name, ...aliases]).size !== aliases.length + 1) {
    refuse("aliases", aliases, "different from each other and from the name");
  }
  for (const { account, model: provider } of routes) {
    if (!ACCOUNT.test(account)) refuse("routes.account", account, "the name of a pool");
    if (!PROVIDER_MODEL.test(provider)) {
      refuse("routes.model", provider, "1 to 200 characters, none of which is a control character");
    }
  }
  const accounts = routes.map(({ account }) => account);
  if (new Set(accounts).size !== accounts.length) {
    refuse("routes.account", accounts, "different for each route");
  }
  for (const [field, value] of Object.entries({ contextTokens, maxOutputTokens })) {
    if (value !== undefined && !isCount(value, Number.MAX_SAFE_INTEGER)) {
      refuse(field, value, "a whole number, at least 1");
    }
  }
  for (const price of [model.price, ...routes.map((route) => route.price)]) {
    if (price !== undefined) assertPrice(price, refuse);
  }
}

const isCount = (value: number, most: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= most;

function assertPrice(
  { inputMicros, cachedInputMicros, outputMicros }: ModelPrice,
  refuse: (field: string, value: unknown, rule: string) => never,
): void {
  for (const [field, value] of Object.entries({ inputMicros, cachedInputMicros, outputMicros })) {
    if (value !== undefined && value !== 0 && !isCount(value, MOST_MICROS)) {
      refuse(`price.${field}`, value, `a whole number from 0 to ${MOST_MICROS}`);
    }
  }
}
