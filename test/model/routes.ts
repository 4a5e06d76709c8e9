import type {
  JobSpec,
  Lease,
  LeaseRef,
  Model,
  ModelPrice,
  Settlement,
  SettleOutcome,
} from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";
import { ACCOUNT } from "./account.ts";

/** A pool without a declared account, so it always has room. */
export const SPARE = "spare";

/** The catalogue at first. The second model has one account only, and no price. */
export const models: readonly Model[] = [
  {
    ...{ name: "both", price: { inputMicros: 1_234_567, outputMicros: 9 } },
    routes: [ACCOUNT, SPARE].map((account) => ({ account, model: "x 1" })),
  },
  { name: "one", routes: [{ account: ACCOUNT, model: "y" }] },
];

/** What the catalogue may become. A model without routes is removed. */
export const catalogueChanges: readonly (readonly [model: string, ...accounts: string[]])[] = [
  ["both", ACCOUNT, SPARE],
  ["both", SPARE, ACCOUNT],
  ["both"],
  ["one", ACCOUNT],
  ["one"],
];

export const modelOf = ([name, ...accounts]: readonly [string, ...string[]]): Model => ({
  name,
  routes: accounts.map((account) => ({ account, model: `${name} at ${account}` })),
  price: { inputMicros: 500_000 * accounts.length, outputMicros: 9 },
});

/** The account or pool that an attempt uses. */
export const poolOf = ({ route, job }: Lease): string | undefined => route?.account ?? job.pool;

/**
 * A model of the choice of routes, as seen from outside: a job of a model takes a route of the catalogue, an account that it has
 * failed on comes last, and an account that always has room is passed over only for one that comes before it.
 */
export class Routes {
  readonly #catalogue = new Map<string, Model>();
  readonly #models = new Map<JobId, string>();
  readonly #failed = new Map<JobId, string[]>();
  /** The prices at which attempts were leased, by job and token. */
  readonly #prices = new Map<string, ModelPrice | undefined>();

  changed(model: Model): void {
    if (model.routes.length === 0) this.#catalogue.delete(model.name);
    else this.#catalogue.set(model.name, model);
  }

  submitted({ id, model }: JobSpec): void {
    if (model !== undefined) this.#models.set(id, model);
  }

  /** Whether all routes of a model lead to one account. */
  leadsOnlyTo(model: string, account: string): boolean {
    const { routes = [] } = this.#catalogue.get(model) ?? {};
    return routes.length > 0 && routes.every((route) => route.account === account);
  }

  /** The price of an attempt, which is that at its lease. */
  priceOf({ jobId, token }: LeaseRef): ModelPrice | undefined {
    return this.#prices.get(`${jobId} ${token}`);
  }

  leased({ jobId, token, job, route }: Lease): void {
    // A redriven job has another id, and keeps the model.
    const model = this.#models.get(jobId) ?? job.model;
    expect(job.model, "the model of a leased job").toBe(model);
    if (model === undefined) {
      expect(route, "a job without a model has no route").toBeUndefined();
      return;
    }
    this.#models.set(jobId, model);
    this.#prices.set(`${jobId} ${token}`, this.#catalogue.get(model)?.price);
    const order = this.#orderOf(jobId);
    const at = order.findIndex(({ account }) => account === route?.account);
    expect(order[at], "the route is in the catalogue").toEqual(route);
    const open = order.findIndex(({ account }) => account === SPARE);
    if (open >= 0) expect(at, "no account after one that has room").toBeLessThanOrEqual(open);
  }

  settled({ jobId, accountFailed, kind }: Settlement, account: string, outcome: SettleOutcome) {
    if (outcome.kind !== "settled" || !accountFailed) return;
    const failed = (this.#failed.get(jobId) ?? []).filter((one) => one !== account);
    this.#failed.set(jobId, [...failed, account]);
    if (outcome.state !== "QUEUED" && outcome.state !== "SCHEDULED") return;
    const untried = this.#orderOf(jobId).some((route) => !this.#hasFailed(jobId, route.account));
    if (untried && (kind === "retry" || kind === "bounce")) {
      expect(outcome.state, "a job with another route does not wait").toBe("QUEUED");
    }
  }

  /** The routes of a job's model in the order in which the job tries them. */
  #orderOf(id: JobId) {
    const { routes = [] } = this.#catalogue.get(this.#models.get(id) ?? "") ?? {};
    const failed = this.#failed.get(id) ?? [];
    const untried = routes.filter(({ account }) => !failed.includes(account));
    const last = failed.flatMap((name) => routes.filter(({ account }) => account === name));
    return [...untried, ...last];
  }

  #hasFailed(id: JobId, account: string): boolean {
    return this.#failed.get(id)?.includes(account) === true;
  }
}
