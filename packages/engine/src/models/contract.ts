/**
 * The catalogue of models. A job may name a model instead of a pool. The script that leases the job chooses one of the
 * model's routes: the account at a provider that is called, and the provider's name of the model.
 *
 * The parts of other concepts that belong to it:
 *
 * - `JobSpec.model` (jobs): a new job names a model, or a pool, or neither. With both, the submission is `invalid`, argument
 *   "pool". An alias is resolved at once: the stored job has the model's own name. A name that is neither is refused
 *   with `unknownModel` and the nearest names.
 * - `Lease.route` and `JobRecord.route` (leases, jobs): the account and the provider's model of this attempt, or of the last
 *   one. Absent for a job that names no model.
 * - `LeaseRequest.pools`: a worker serves the routes whose accounts are among its pools. Without `pools` it serves all.
 * - `Settlement.accountFailed` (leases): the account of the attempt's route could not serve it.
 * - `ProviderAccounts.report` (accounts): for a job of a model, `name` is `lease.route.account`, not the job's pool.
 * - `Explanation.model` and `Explanation.routes` (explain): what holds each route. NO_ROUTE: the catalogue has no such model.
 * - `UsageReports` and `Demand`: a job of a model counts under the account of its route, as a job of that pool does.
 */

/** One way to serve a model. */
export interface ModelRoute {
  /**
   * The provider account, which is also the pool that its workers serve. A pool without a declared account has no limits.
   * A model has at most one route for each account.
   */
  readonly account: string;
  /** What the provider calls the model: the name for its API. 1 to 200 characters, no control characters. */
  readonly model: string;
  /** The price of this route, if it is not that of the model. */
  readonly price?: ModelPrice;
}

/** Prices in micro-dollars (millionths of a US dollar) per million tokens: whole numbers from 0 to 10^12. */
export interface ModelPrice {
  readonly inputMicros: number;
  /** The price of input tokens that the provider has cached. Default: `inputMicros`. */
  readonly cachedInputMicros?: number;
  /** The price of output tokens, reasoning included. */
  readonly outputMicros: number;
}

export interface Model {
  /** Letters, digits, and . _ / : @ + - after the first character; at most 100. */
  readonly name: string;
  /** In order of preference: 1 to 16. */
  readonly routes: readonly ModelRoute[];
  /** Other names under which jobs may name the model, of the same form; at most 16. */
  readonly aliases?: readonly string[];
  /** The tokens of input and output together that the model can take. */
  readonly contextTokens?: number;
  /** The most tokens that the model writes in one call. */
  readonly maxOutputTokens?: number;
  /** The price of routes that have none of their own. Absent: it is not known, and nothing is counted as money. */
  readonly price?: ModelPrice;
}

/** The route of an attempt. It does not change while the attempt runs, whatever happens to the catalogue. */
export interface LeaseRoute {
  readonly account: string;
  /** The provider's name of the model. */
  readonly model: string;
}

export type ModelPut =
  | { readonly kind: "stored"; readonly model: Model }
  /** Nothing was changed: another model has this name, or this alias. */
  | { readonly kind: "nameTaken"; readonly name: string; readonly by: string }
  /** Nothing was changed: the catalogue has `limit` models. */
  | { readonly kind: "catalogueFull"; readonly limit: number }
  /** Nothing was changed: the stored model does not equal `before`. */
  | { readonly kind: "changed" };

/** The result of a look-up of a name that a job gives. */
export type ModelLookup =
  | { readonly kind: "found"; readonly model: Model }
  /** The most similar names and aliases, the most similar first; at most three, and none that has little in common. */
  | { readonly kind: "notFound"; readonly nearest: readonly string[] };

/**
 * The next lease of every replica obeys a change. Jobs that wait follow the catalogue: a job whose model was removed waits
 * until there is a model of that name again. Running attempts keep their route, and settle at the account that they
 * reserved. As in other registries, an etag is made of the stored value, and `replace` compares with the value that was read.
 */
export interface Models {
  /** Creates a model, or changes it. Throws RangeError if the model breaks a rule that its type states. */
  put(model: Model): Promise<ModelPut>;
  /** As put, if the stored model still equals `before`; undefined means that none of this name is stored. */
  replace(before: Model | undefined, model: Model): Promise<ModelPut>;
  /** Returns undefined if no model has this name. It does not look at aliases. */
  get(name: string): Promise<Model | undefined>;
  /** Sorted by name. */
  list(): Promise<readonly Model[]>;
  /** Returns false if there was no such model. */
  remove(name: string): Promise<boolean>;
  /**
   * Finds a model by its name or by an alias, as submissions do: in a copy that is at most a second old, and what is not there in
   * the catalogue itself.
   */
  lookUp(name: string): Promise<ModelLookup>;
}
