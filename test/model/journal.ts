import type {
  Engine,
  JobRecord,
  JobSpec,
  KeyBudget,
  Lease,
  LeaseRef,
  ProviderAccount,
  ProviderReport,
  ProviderVerdict,
  Settlement,
  SettleOutcome,
} from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";
import { ACCOUNT, usesAccount } from "./account.ts";
import { Admissions } from "./admissions.ts";
import { Arrivals } from "./arrivals.ts";
import { Circuit } from "./circuit.ts";
import { Outputs } from "./outputs.ts";
import { Routes } from "./routes.ts";
import { Spending } from "./spending.ts";
import { MAX_STALLS } from "./world.ts";

const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"];

/** The jobs that a lease asks for. */
export interface Which {
  /** The types that the worker named. An empty list means any type. */
  readonly types: readonly string[];
  /** True if the worker runs nothing else. */
  readonly alone: boolean;
  /** The keys whose jobs the worker runs already. */
  readonly except: readonly string[];
}

/**
 * Records what was seen from outside, and checks what must be true of it, whatever the engine stores. See
 * README.md for the invariants.
 */
export class Journal {
  readonly ids: JobId[] = [];
  paused = false;
  readonly circuit: Circuit;
  readonly spending: Spending;
  readonly routes = new Routes();
  readonly #admissions: Admissions;
  readonly #arrivals = new Arrivals();
  readonly #outputs = new Outputs();
  readonly #newest = new Map<JobId, number>();
  readonly #ended = new Map<JobId, string>();
  #numbers = 0;

  readonly #time: { nowMs: number };

  constructor(time: { nowMs: number }) {
    this.#time = time;
    this.#admissions = new Admissions(time);
    this.circuit = new Circuit(time);
    this.spending = new Spending(time.nowMs);
  }

  /** Returns a new number, for unique texts. */
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  submitted(spec: JobSpec): void {
    this.ids.push(spec.id);
    this.routes.submitted(spec);
    this.#arrivals.came(spec);
  }

  limit(key: string, value: KeyBudget): void {
    this.#admissions.limit(key, value);
  }

  account(value: ProviderAccount): void {
    this.#admissions.account(value);
  }

  get accountIsThere(): boolean {
    return this.#admissions.accountIsThere;
  }

  /** Running jobs of the account go on, and count against nothing. */
  accountGone(): void {
    this.#admissions.accountGone();
    this.circuit.reset();
  }

  /** Nothing that started before counts against the account. */
  accountMade(): void {
    this.#admissions.accountMade();
    this.circuit.reset();
  }

  /**
   * Moves the time on until both replicas know of a change of the account. The replica that makes the change obeys it at
   * once, which the engine's own tests prove.
   */
  bothHear(): void {
    this.#time.nowMs += 50;
  }

  skewed(byMs: number): void {
    this.#admissions.skewed(byMs);
  }

  /** Records what was reported of the account, and the verdict. `jobId` is undefined if the job is not known. */
  reported(jobId: JobId | undefined, report: ProviderReport, verdict: ProviderVerdict): void {
    this.#admissions.paused(verdict.coolUntilMs ?? 0);
    this.circuit.reported(jobId, report, verdict);
  }

  leased(lease: Lease, { types, alone, except }: Which): void {
    const { jobId, token, job, attempt } = lease;
    expect(except, "a lease has no job of an excluded key").not.toContain(jobId.split("~")[1]);
    const nextStallEnds = job.stalls >= MAX_STALLS || attempt >= job.maxAttempts;
    expect(job.stalls > 0 && nextStallEnds, "only a suspect is leased to run alone").toBe(alone);
    if (types.length > 0)
      expect(types, "the worker serves the type of the job").toContain(job.type);
    expect(this.paused, "a paused queue leases nothing").toBe(false);
    expect(this.#ended.has(jobId), "a job that has ended is not leased").toBe(false);
    expect(token, "tokens rise").toBeGreaterThan(this.#newest.get(jobId) ?? 0);
    this.#newest.set(jobId, token);
    this.#arrivals.leased(jobId);
    this.#admissions.started(lease);
    if (usesAccount(lease) && this.accountIsThere) this.circuit.started(lease);
    this.routes.leased(lease);
  }

  /** Records whether the store accepted a write of a lease. */
  wrote({ jobId, token }: LeaseRef, taken: boolean): void {
    if (!taken) return;
    expect(token, "only the newest lease writes").toBe(this.#newest.get(jobId));
    expect(this.#ended.has(jobId), "nothing is written to a job that has ended").toBe(false);
  }

  reads(engine: Engine, id: JobId): Promise<void> {
    return this.#outputs.read(engine, id);
  }

  settled(settlement: Settlement, outcome: SettleOutcome, lease: Lease): void {
    if (outcome.kind !== "settled") return;
    const { jobId, token } = settlement;
    expect(token, "only the newest lease ends an attempt").toBe(this.#newest.get(jobId));
    if (outcome.repeated) return;
    this.#admissions.ended(settlement);
    this.spending.settled(settlement, outcome, lease, this.routes.priceOf(lease));
    if (usesAccount(lease)) this.circuit.ended(settlement, settlement.kind === "complete");
    if (lease.route !== undefined) this.routes.settled(settlement, lease.route.account, outcome);
    if (finals.includes(outcome.state)) this.#end(jobId, outcome.state);
  }

  cancelled(id: JobId): void {
    this.#arrivals.left(id);
    this.#end(id, "CANCELLED");
  }

  /** The leases expired, so their attempts are dead. */
  reaped(jobs: readonly { readonly jobId: JobId }[]): void {
    this.#admissions.lost(jobs.map(({ jobId }) => jobId));
    this.circuit.lost(jobs.map(({ jobId }) => jobId));
  }

  /**
   * Checks, after a lease with fewer jobs than asked for, that no job that may run is left. The rest of a
   * provider account is kept for the next job in turn if that job needs more, and the other jobs of the pool
   * wait.
   */
  async nothingLeft(engine: Engine, { types, alone, except }: Which): Promise<void> {
    if (this.paused) return;
    const idle: JobRecord[] = [];
    const short = new Set<string | undefined>();
    for (const record of await engine.getJobs(this.ids, "summary")) {
      if (record?.state !== "QUEUED") continue;
      if (types.length > 0 && !types.includes(record.type)) continue;
      if (except.includes(record.id.split("~")[1] ?? "")) continue;
      const explanation = await engine.explain(record.id);
      const waitsForIdle = explanation?.constraints.some((one) => one.alone === true) ?? false;
      if (waitsForIdle !== alone) continue;
      const kinds = explanation?.constraints.map(({ kind }) => kind) ?? [];
      if (kinds.every((kind) => kind === "NO_FREE_WORKER")) idle.push(record);
      if (kinds.some((kind) => kind.startsWith("PROVIDER_"))) short.add(record.pool ?? ACCOUNT);
    }
    const left = idle.filter(
      ({ pool, model }) =>
        !short.has(
          pool ??
            (model !== undefined && this.routes.leadsOnlyTo(model, ACCOUNT) ? ACCOUNT : undefined),
        ),
    );
    expect(
      left.map(({ id }) => id),
      "jobs that wait for a free worker although one was free",
    ).toEqual([]);
  }

  ended(record: JobRecord): void {
    expect(finals).toContain(record.state);
    const seen = this.#ended.get(record.id);
    if (seen !== undefined) expect(record.state).toBe(seen);
  }

  #end(id: JobId, state: string): void {
    expect(this.#ended.has(id), "a job ends once").toBe(false);
    this.#ended.set(id, state);
  }
}
