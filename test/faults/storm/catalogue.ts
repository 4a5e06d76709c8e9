/**
 * The catalogue of a storm and the accounts of its routes: an operator removes and changes them, and providers refuse them,
 * while jobs of the models run.
 */
import { ProviderState } from "@millrace/proto/admin-service";
import { type Clock, sleep } from "@millrace/shared";
import { type ProviderReply, refuse } from "@millrace/testing";
import type { Absences } from "./absences.ts";
import type { Callers } from "./callers.ts";
import { longJob, routedJob, stormAccount } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import { definitionOf, routeAccounts, stormModels } from "./models.ts";
import { type Operator, unlessGone } from "./operator.ts";
import type { Fault } from "./plan.ts";
import { auditOf } from "./repaired.ts";
import type { StormProvider } from "./storm-provider.ts";

/** The numbers of the jobs that this file submits start here. */
const FIRST_NUMBER = 2_000_000_000;
const CALM_MS = 240_000;
const LOOK_EVERY_MS = 200;
/** More than the accounts run at the same time, so that each of them has some. */
const LONG_JOBS = 20;

/** Answers for too much load. They close the account for a while. */
const overloads = [refuse(429, "rate_limit"), refuse(503, "overloaded")] as const;
/** Answers that an account is not accepted. The last one closes it until an operator resets it. */
const rejections = [
  refuse(401, "invalid_api_key"),
  refuse(403, "forbidden"),
  refuse(429, "insufficient_quota"),
] as const;

export interface StormCatalogueOptions {
  readonly seed: number;
  readonly operator: Operator;
  readonly provider: StormProvider;
  readonly absences: Absences;
  readonly callers: Callers;
  readonly ledger: Ledger;
  readonly clock: Clock;
}

const chosen = <T>(list: readonly [T, ...T[]], share: number): T =>
  list[Math.floor(share * list.length)] ?? list[0];

export class StormCatalogue {
  readonly #options: StormCatalogueOptions;
  #submitted = 0;

  constructor(options: StormCatalogueOptions) {
    this.#options = options;
  }

  /** Stores all accounts and models as they were at first. */
  async restore(): Promise<void> {
    const { operator, absences } = this.#options;
    for (const account of [stormAccount, ...routeAccounts]) {
      await operator.ask((admin) => admin.putProviderAccount({ account }));
    }
    for (const model of stormModels) {
      const definition = definitionOf(model, model.accounts);
      await operator.ask((admin) => admin.putModel({ model: definition }));
      absences.end(model.name);
    }
  }

  /** Removes a model while its jobs wait and run. They wait until it is back. */
  async removeModel({ strength }: Fault, lasting: () => Promise<void>): Promise<void> {
    const { operator, absences } = this.#options;
    const model = chosen(stormModels, strength);
    absences.begin(model.name);
    await operator.ask((admin) => admin.deleteModel({ name: model.name }).catch(unlessGone));
    await lasting();
    const definition = definitionOf(model, model.accounts);
    await operator.ask((admin) => admin.putModel({ model: definition }));
    absences.end(model.name);
  }

  /** Gives a model other routes for a while. */
  async changeRoutes({ strength }: Fault, lasting: () => Promise<void>): Promise<void> {
    const { operator } = this.#options;
    const model = chosen(stormModels, strength);
    const put = (accounts: readonly string[]) =>
      operator.ask((admin) => admin.putModel({ model: definitionOf(model, accounts) }));
    await put(model.changed);
    await lasting();
    await put(model.accounts);
  }

  overload = (fault: Fault, lasting: () => Promise<void>) =>
    this.#refuse(fault, overloads, lasting);

  reject = (fault: Fault, lasting: () => Promise<void>) => this.#refuse(fault, rejections, lasting);

  /**
   * An account refuses every call until a job of a model that prefers this account has ended. No account may hold a job that
   * another route can run.
   */
  async #refuse(
    { strength }: Fault,
    replies: readonly [ProviderReply, ...ProviderReply[]],
    lasting: () => Promise<void>,
  ): Promise<void> {
    const { operator, provider } = this.#options;
    const { name } = chosen(routeAccounts, strength);
    const model = stormModels.find(({ accounts }) => accounts[0] === name) ?? stormModels[1];
    provider.refuse(name, chosen(replies, (strength * routeAccounts.length) % 1));
    await lasting();
    this.#submitted += 1;
    const job = routedJob(this.#options.seed, FIRST_NUMBER + this.#submitted, model.name);
    await this.#ended(
      this.#options.callers.run(job),
      `no job of ${model.name} ended while the calls of ${name} were refused`,
    );
    provider.serve(name);
    await operator.ask((admin) => admin.resetProviderAccount({ name }).catch(unlessGone));
  }

  /**
   * Audits while jobs of models run and no faults happen: what they reserve must be of the accounts of their routes. The jobs
   * are cancelled afterwards.
   */
  async auditRunning(): Promise<void> {
    const { operator, callers, ledger, seed } = this.#options;
    const audited = Promise.withResolvers<void>();
    const jobs = Array.from({ length: LONG_JOBS }, () => {
      this.#submitted += 1;
      const n = FIRST_NUMBER + this.#submitted;
      return callers.run(longJob(seed, n, audited.promise));
    });
    try {
      await this.#allRun();
      const { findings } = await auditOf(operator);
      for (const { invariant, subject, problem } of findings) {
        if (invariant !== 15) continue;
        ledger.complain(`audit of running jobs, invariant 15: ${subject} ${problem}`);
      }
    } finally {
      audited.resolve();
    }
    await Promise.all(jobs);
  }

  /** Resolves when every account of a route has running jobs. */
  async #allRun(): Promise<void> {
    const { operator, ledger, clock } = this.#options;
    const untilMs = clock.nowMs() + CALM_MS;
    const names: readonly string[] = routeAccounts.map(({ name }) => name);
    for (;;) {
      const { accounts } = await operator.ask((admin) => admin.listProviderAccounts({}));
      const ours = accounts.filter(({ account }) => names.includes(account?.name ?? ""));
      if (ours.every(({ running }) => running > 0)) return;
      if (clock.nowMs() > untilMs) {
        const seen = ours.map(
          ({ account, state, running }) =>
            `${account?.name} ${ProviderState[state]} runs ${running}`,
        );
        ledger.complain(`jobs of models wait, but not every account is used: ${seen.join(", ")}`);
        return;
      }
      await sleep(clock, LOOK_EVERY_MS);
    }
  }

  /** Closes the circuits of the accounts: a job of each of them succeeds. It runs once no other job moves. */
  async closeCircuits(): Promise<void> {
    const { operator, callers, seed } = this.#options;
    for (const { name } of routeAccounts) {
      await operator.ask((admin) => admin.resetProviderAccount({ name }).catch(unlessGone));
      this.#submitted += 1;
      const { job, ...rest } = routedJob(seed, FIRST_NUMBER + this.#submitted, undefined);
      await callers.run({ ...rest, job: { ...job, pool: name } });
    }
  }

  async #ended(job: Promise<void>, complaint: string): Promise<void> {
    const { clock, ledger } = this.#options;
    const late = new AbortController();
    await Promise.race([
      job,
      sleep(clock, CALM_MS, late.signal).then(() => {
        if (!late.signal.aborted) ledger.complain(complaint);
      }),
    ]);
    late.abort();
  }
}
