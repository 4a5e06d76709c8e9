/** The models of a storm: their routes, what an operator changes of them, and the ends that their jobs may have. */
import type { Job } from "@millrace/client";

interface StormModel {
  readonly name: string;
  readonly aliases: readonly string[];
  /** The accounts of its routes, the most preferred first. */
  readonly accounts: readonly [string, ...string[]];
  /** The accounts after an operator's change. There are always two, so that one account can refuse every call. */
  readonly changed: readonly string[];
}

const [EAST, WEST, NORTH] = ["storm/east", "storm/west", "storm/north"] as const;

interface RouteAccount {
  readonly name: string;
  readonly maxRunning?: number;
  readonly tokensPerMinute?: bigint;
  readonly requestsPerMinute?: number;
}

/** The accounts of the routes. Some run out of slots and some have a budget, so that jobs take the routes behind them. */
export const routeAccounts: readonly [RouteAccount, ...RouteAccount[]] = [
  { name: EAST, maxRunning: 3 },
  { name: WEST, maxRunning: 6, tokensPerMinute: 1_000_000n },
  { name: NORTH, requestsPerMinute: 1_500 },
];

export const stormModels: readonly [StormModel, StormModel] = [
  { name: "swift", aliases: [], accounts: [EAST, WEST], changed: [WEST, NORTH] },
  { name: "broad", aliases: ["wide"], accounts: [WEST, NORTH, EAST], changed: [EAST, NORTH] },
];

/** The names that jobs may give. */
export const MODEL_NAMES = ["swift", "broad", "wide"] as const;

/** The pools of each storm worker, beside the one that pooled jobs name. One worker lacks an account. */
export const WORKER_ACCOUNTS: readonly (readonly string[])[] = [
  [EAST, WEST, NORTH],
  [NORTH, WEST],
];

/** What the provider of a route calls its model. The storm's provider knows by it which account calls. */
export const providerModelOf = (account: string, model: string): string => `${account}:${model}`;
export const accountOf = (providerModel: string): string => providerModel.split(":")[0] ?? "";

/** The price of each model, in micro-dollars for a million tokens. */
const PRICE = { inputMicros: 1_234_567n, cachedInputMicros: 89n, outputMicros: 10_000_001n };

/** The definition of a model with these routes, for AdminService. */
export const definitionOf = (
  { name, aliases }: StormModel,
  accounts: readonly string[],
): {
  name: string;
  aliases: string[];
  routes: { account: string; model: string }[];
  price: typeof PRICE;
} => ({
  ...{ name, aliases: [...aliases], price: PRICE },
  routes: accounts.map((account) => ({ account, model: providerModelOf(account, name) })),
});

/** The reason of an attempt whose account was not accepted. */
export const REJECTED = "ACCOUNT_REJECTED";

export const modelOf = (name: string): StormModel | undefined =>
  stormModels.find((model) => [model.name, ...model.aliases].includes(name));

/** Returns what is wrong with the route of a job that has succeeded, or undefined. */
export function wrongRoute(named: string, end: Pick<Job, "model" | "route" | "result">) {
  const model = modelOf(named);
  if (model === undefined || end.model !== model.name) {
    return `the job names ${named}, but is one of ${end.model}`;
  }
  const { account = "", model: providerModel = "" } = end.route ?? {};
  const possible: readonly string[] = [...model.accounts, ...model.changed];
  if (!possible.includes(account) || providerModel !== providerModelOf(account, model.name)) {
    return `${account} and ${providerModel} are no route of ${model.name}`;
  }
  const { called } = end.result as { called?: string };
  return called === `${account} ${providerModel}`
    ? undefined
    : `its route is ${account} ${providerModel}, but its attempt called ${called}`;
}
