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
import { Admissions } from "./admissions.ts";
import { Arrivals } from "./arrivals.ts";
import { Circuit } from "./circuit.ts";
import { Outputs } from "./outputs.ts";
import { MAX_STALLS } from "./world.ts";

const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"];

/** Which jobs a lease was asked for. */
export interface Which {
  /** Those that its worker named; none: any. */
  readonly types: readonly string[];
  /** Its worker runs nothing else. */
  readonly alone: boolean;
  /** Keys that it has jobs of. */
  readonly except: readonly string[];
}

/** What was seen from outside, and what must be true of it whatever the engine keeps. */
export class Journal {
  readonly ids: JobId[] = [];
  paused = false;
  readonly circuit: Circuit;
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
  }

  /** For text that is nowhere else. */
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  submitted(spec: JobSpec): void {
    this.ids.push(spec.id);
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

  /** What runs on it goes on, and counts nowhere. */
  accountGone(): void {
    this.#admissions.accountGone();
    this.circuit.reset();
  }

  /** Nothing that was started before counts against it. */
  accountMade(): void {
    this.#admissions.accountMade();
    this.circuit.reset();
  }

  /** The replica that changes an account leases at once by it, which the engine's own tests hold; the other within this time. */
  bothHear(): void {
    this.#time.nowMs += 50;
  }

  skewed(byMs: number): void {
    this.#admissions.skewed(byMs);
  }

  /** What was reported of the account, and what came of it. `jobId` undefined: of no job that is known. */
  reported(jobId: JobId | undefined, report: ProviderReport, verdict: ProviderVerdict): void {
    this.#admissions.paused(verdict.coolUntilMs ?? 0);
    this.circuit.reported(jobId, report, verdict);
  }

  leased(lease: Lease, { types, alone, except }: Which): void {
    const { jobId, token, job, attempt } = lease;
    expect(except, "its key was not to be passed over").not.toContain(jobId.split("~")[1]);
    const nextStallEnds = job.stalls >= MAX_STALLS || attempt >= job.maxAttempts;
    expect(job.stalls > 0 && nextStallEnds, "a suspect, and it alone, is leased alone").toBe(alone);
    if (types.length > 0) expect(types, "its worker serves its type").toContain(job.type);
    expect(this.paused, "a paused queue leases nothing").toBe(false);
    expect(this.#ended.has(jobId), "a job that has ended is not leased").toBe(false);
    expect(token, "tokens rise").toBeGreaterThan(this.#newest.get(jobId) ?? 0);
    this.#newest.set(jobId, token);
    this.#arrivals.leased(jobId);
    this.#admissions.started(lease);
    if (lease.job.pool !== undefined && this.accountIsThere) this.circuit.started(lease);
  }

  /** Whether a write of a lease was taken. */
  wrote({ jobId, token }: LeaseRef, taken: boolean): void {
    if (!taken) return;
    expect(token, "only the newest lease writes").toBe(this.#newest.get(jobId));
    expect(this.#ended.has(jobId), "nothing is written to a job that has ended").toBe(false);
  }

  reads(engine: Engine, id: JobId): Promise<void> {
    return this.#outputs.read(engine, id);
  }

  settled(settlement: Settlement, outcome: SettleOutcome, pool?: string): void {
    if (outcome.kind !== "settled") return;
    const { jobId, token } = settlement;
    expect(token, "only the newest lease ends an attempt").toBe(this.#newest.get(jobId));
    if (outcome.repeated) return;
    this.#admissions.ended(settlement);
    if (pool !== undefined) this.circuit.ended(settlement, settlement.kind === "complete");
    if (finals.includes(outcome.state)) this.#end(jobId, outcome.state);
  }

  cancelled(id: JobId): void {
    this.#arrivals.left(id);
    this.#end(id, "CANCELLED");
  }

  /** Their leases ran out: their attempts are dead. */
  reaped(jobs: readonly { readonly jobId: JobId }[]): void {
    this.#admissions.lost(jobs.map(({ jobId }) => jobId));
    this.circuit.lost(jobs.map(({ jobId }) => jobId));
  }

  /**
   * After a lease that gave fewer than it was asked for: nothing that may run is left. What is left of a
   * provider account is kept for the job whose turn it is, where that needs more: the others of the pool wait.
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
      if (kinds.some((kind) => kind.startsWith("PROVIDER_"))) short.add(record.pool);
    }
    const left = idle.filter(({ pool }) => pool === undefined || !short.has(pool));
    expect(
      left.map(({ id }) => id),
      "wait for a free worker, and one was free",
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
