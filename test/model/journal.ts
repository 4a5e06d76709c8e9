import type {
  Engine,
  JobRecord,
  JobSpec,
  KeyBudget,
  Lease,
  ProviderAccount,
  Settlement,
  SettleOutcome,
} from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";

const MINUTE_MS = 60_000;
const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"];

/** A limit in force, and since when. */
interface Since<T> {
  readonly value: T;
  readonly sinceMs: number;
}

interface Admission {
  readonly jobId: JobId;
  readonly token: number;
  readonly key: string;
  readonly pool: string | undefined;
  readonly atMs: number;
  running: boolean;
  /** Never reached its provider, or was refused by it: given back. */
  returned: boolean;
}

/** What was seen from outside, and what must be true of it whatever the engine keeps. */
export class Journal {
  readonly ids: JobId[] = [];
  paused = false;
  readonly #time: { readonly nowMs: number };
  readonly #admissions: Admission[] = [];
  readonly #newest = new Map<JobId, number>();
  readonly #ended = new Map<JobId, string>();
  readonly #limits = new Map<string, Since<KeyBudget>[]>();
  readonly #accounts: Since<ProviderAccount>[] = [];
  #pausedUntilMs = 0;

  constructor(time: { readonly nowMs: number }) {
    this.#time = time;
  }

  submitted(spec: JobSpec): void {
    this.ids.push(spec.id);
  }

  limit(key: string, value: KeyBudget): void {
    const all = this.#limits.get(key) ?? [];
    this.#limits.set(key, [...all, { value, sinceMs: this.#time.nowMs }]);
  }

  account(value: ProviderAccount): void {
    this.#accounts.push({ value, sinceMs: this.#time.nowMs });
  }

  refused({ coolUntilMs = 0 }: { readonly coolUntilMs?: number }): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, coolUntilMs);
  }

  leased({ jobId, token, job }: Lease): void {
    const { nowMs } = this.#time;
    const key = jobId.split("~")[1] ?? "";
    expect(this.paused, "a paused queue leases nothing").toBe(false);
    expect(this.#ended.has(jobId), "a job that has ended is not leased").toBe(false);
    expect(token, "tokens rise").toBeGreaterThan(this.#newest.get(jobId) ?? 0);
    this.#newest.set(jobId, token);
    // A lease that ran out has been taken back, or the job could not have been leased again.
    for (const one of this.#admissions) if (one.jobId === jobId) one.running = false;
    const admission = { jobId, token, key, pool: job.pool, atMs: nowMs, running: true };
    this.#admissions.push({ ...admission, returned: false });
    this.#withinBudget(key);
    if (job.pool !== undefined) this.#withinAccount(job.pool);
  }

  #withinBudget(key: string): void {
    const limits = this.#limits.get(key);
    const now = limits?.at(-1)?.value;
    if (limits === undefined || now === undefined) return;
    const own = this.#admissions.filter((one) => one.key === key);
    const running = own.filter((one) => one.running).length;
    expect(running, `running jobs of ${key}`).toBeLessThanOrEqual(now.maxRunning ?? Infinity);
    const recent = own.filter((one) => !one.returned && one.atMs > this.#time.nowMs - MINUTE_MS);
    const most = Math.max(
      ...inForce(limits, this.#time.nowMs).map((of) => of.requestsPerMinute ?? 0),
    );
    expect(recent.length, `requests of ${key} in a minute`).toBeLessThanOrEqual(most);
  }

  #withinAccount(pool: string): void {
    const { nowMs } = this.#time;
    expect(nowMs, "a paused account starts nothing").toBeGreaterThanOrEqual(this.#pausedUntilMs);
    const all = inForce(this.#accounts, nowMs);
    const own = this.#admissions.filter((one) => one.pool === pool);
    const running = own.filter((one) => one.running).length;
    const most = Math.max(...all.map((of) => of.maxRunning ?? 0));
    expect(running, `running jobs of ${pool}`).toBeLessThanOrEqual(most);
    // What a provider refused counts as a request of it; what never reached it does not.
    const recent = own.filter((one) => !one.returned && one.atMs > nowMs - MINUTE_MS);
    const requests = Math.max(...all.map((of) => of.requestsPerMinute ?? 0));
    expect(recent.length, `requests of ${pool} in a minute`).toBeLessThanOrEqual(requests);
  }

  settled(settlement: Settlement, outcome: SettleOutcome): void {
    if (outcome.kind === "leaseLost") return;
    const { jobId, token } = settlement;
    expect(token, "only the newest lease ends an attempt").toBe(this.#newest.get(jobId));
    for (const one of this.#admissions) {
      if (one.jobId !== jobId || one.token !== token) continue;
      one.running = false;
      one.returned = settlement.kind === "release" || settlement.kind === "bounce";
    }
    if (outcome.repeated || !finals.includes(outcome.state)) return;
    expect(this.#ended.has(jobId), "a job ends once").toBe(false);
    this.#ended.set(jobId, outcome.state);
  }

  /** Their leases ran out: their attempts are dead. */
  reaped(jobs: readonly { readonly jobId: JobId }[]): void {
    const ids = new Set(jobs.map(({ jobId }) => jobId));
    for (const one of this.#admissions) if (ids.has(one.jobId)) one.running = false;
  }

  /** After a lease that gave fewer than it was asked for: nothing that may run is left. */
  async nothingLeft(engine: Engine): Promise<void> {
    if (this.paused) return;
    for (const record of await engine.getJobs(this.ids, "summary")) {
      if (record?.state !== "QUEUED") continue;
      const explanation = await engine.explain(record.id);
      const kinds = explanation?.constraints.map(({ kind }) => kind) ?? [];
      expect(kinds, `${record.id} waits for a free worker, and one was free`).not.toContain(
        "NO_FREE_WORKER",
      );
    }
  }

  ended(record: JobRecord): void {
    expect(finals).toContain(record.state);
    const seen = this.#ended.get(record.id);
    if (seen !== undefined) expect(record.state).toBe(seen);
  }
}

/** The limits that held at some time of the last minute, and the second that a bucket may add. */
function inForce<T>(all: readonly Since<T>[], nowMs: number): readonly T[] {
  const fromMs = nowMs - MINUTE_MS - 1_000;
  return all
    .filter((_, at) => (all[at + 1]?.sinceMs ?? Infinity) >= fromMs)
    .map(({ value }) => value);
}
