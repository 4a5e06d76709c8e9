import type { KeyBudget, Lease, ProviderAccount, Settlement } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";

const MINUTE_MS = 60_000;
/** The queue's default_estimated_tokens: so much of an estimate is believed, whatever was learned. */
const DEFAULT_TOKENS = 1_000;

/** A limit in force, and since when. */
interface Since<T> {
  readonly value: T;
  readonly sinceMs: number;
}

/** Tokens that count against a key from then on. */
interface Charge {
  readonly atMs: number;
  readonly tokens: number;
}

interface Admission {
  readonly jobId: JobId;
  readonly token: number;
  readonly key: string;
  readonly pool: string | undefined;
  /** How often the account had been made or removed: it counts against none but that one. */
  readonly generation: number;
  readonly atMs: number;
  running: boolean;
  /** It never reached its provider: nothing of it counts. */
  unreached: boolean;
  /** Its provider refused it: that counts there alone. */
  bounced: boolean;
  /** What its key reserved at most, 0 where only Millrace knows what the job is taken to spend. */
  readonly reserved: number;
  /** What of its tokens counts at least, and since when: a debt counts since it was told of. */
  charges: readonly Charge[];
  /** What of its tokens counts at least with its account. Debts are left out: shards report them later. */
  ofAccount: number;
}

/**
 * What was started, and what may be: as many at once, requests and tokens in any minute as each budget
 * allows. Times are true ones; where replicas' clocks differ, a minute is shorter by as much.
 */
export class Admissions {
  readonly #time: { readonly nowMs: number };
  readonly #all: Admission[] = [];
  readonly #limits = new Map<string, KeyBudget>();
  #accounts: Since<ProviderAccount>[] = [];
  accountIsThere = true;
  /** Keys of which a worker has told what an attempt spent. */
  readonly #learned = new Set<string>();
  #generation = 0;
  #pausedUntilMs = 0;
  #behindMs = 0;
  #aheadMs = 0;

  constructor(time: { readonly nowMs: number }) {
    this.#time = time;
  }

  /** A replica's clock is so far off from now on. */
  skewed(byMs: number): void {
    this.#aheadMs = Math.max(this.#aheadMs, byMs);
    this.#behindMs = Math.max(this.#behindMs, -byMs);
  }

  limit(key: string, value: KeyBudget): void {
    this.#limits.set(key, value);
  }

  account(value: ProviderAccount): void {
    this.#accounts.push({ value, sinceMs: this.#time.nowMs });
  }

  accountGone(): void {
    this.accountIsThere = false;
    this.#begin();
  }

  accountMade(): void {
    this.accountIsThere = true;
    this.#begin();
  }

  #begin(): void {
    this.#generation += 1;
    this.#accounts = [];
    this.#pausedUntilMs = 0;
  }

  paused(untilMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }

  started({ jobId, token, job }: Lease): void {
    const atMs = this.#time.nowMs;
    const key = jobId.split("~")[1] ?? "";
    // A lease that ran out has been taken back, or the job could not have been leased again.
    this.lost([jobId]);
    const limit = this.#limits.get(key)?.tokensPerMinute ?? 0;
    const estimate = job.estimatedTokens ?? 0;
    const tokens = this.#leastBelieved(key, job.pool, estimate);
    const ofAccount = Math.min(tokens, this.#accounts.at(-1)?.value.tokensPerMinute ?? 0);
    this.#all.push({
      ...{ jobId, token, key, pool: job.pool, atMs, running: true, unreached: false },
      ...{
        generation: this.#generation,
        bounced: false,
        reserved: Math.min(estimate, limit),
        charges: [{ atMs, tokens: Math.min(tokens, limit) }],
        ofAccount,
      },
    });
    this.#holdKey(key);
    if (job.pool !== undefined) this.#holdAccount(job.pool);
  }

  ended({ jobId, token, kind, usage }: Settlement): void {
    for (const one of this.#all) {
      if (one.jobId !== jobId || one.token !== token) continue;
      one.running = false;
      one.unreached = kind === "release";
      one.bounced = kind === "bounce";
      if (one.unreached || one.bounced) {
        one.charges = [];
        one.ofAccount = 0;
      } else if (usage !== undefined) {
        const spent = usage.inputTokens + usage.outputTokens;
        if (spent > 0) this.#learned.add(one.key);
        one.ofAccount = Math.min(one.ofAccount, spent);
        const debt = one.reserved === 0 ? 0 : Math.max(0, spent - one.reserved);
        one.charges = [
          { atMs: one.atMs, tokens: spent - debt },
          { atMs: this.#time.nowMs, tokens: debt },
        ];
      }
    }
  }

  /** Their attempts are dead: what they had reserved counts as spent. */
  lost(jobs: readonly JobId[]): void {
    for (const one of this.#all) if (jobs.includes(one.jobId)) one.running = false;
  }

  /**
   * Where something was learned of a key, its estimates count 8 times that, or the default where that is more. While others
   * need an account, no more is believed of an estimate that nobody has proven.
   */
  #leastBelieved(key: string, pool: string | undefined, estimate: number): number {
    const tokens = this.#learned.has(key) ? Math.min(estimate, DEFAULT_TOKENS) : estimate;
    if (pool === undefined || !this.accountIsThere) return tokens;
    const limits = this.#accountsInForce().map((one) => one.tokensPerMinute ?? Infinity);
    return Math.min(tokens, Math.floor(Math.min(...limits) / 8));
  }

  #counts(atMs: number): boolean {
    return atMs > this.#time.nowMs - MINUTE_MS + this.#aheadMs + this.#behindMs;
  }

  #holdKey(key: string): void {
    const limits = this.#limits.get(key);
    if (limits === undefined) return;
    const { maxRunning = Infinity, requestsPerMinute = Infinity } = limits;
    const { tokensPerMinute = Infinity } = limits;
    const own = this.#all.filter((one) => one.key === key);
    const running = own.filter((one) => one.running).length;
    expect(running, `running jobs of ${key}`).toBeLessThanOrEqual(maxRunning);
    const recent = own.filter((one) => !one.unreached && !one.bounced && this.#counts(one.atMs));
    expect(recent.length, `requests of ${key}`).toBeLessThanOrEqual(requestsPerMinute);
    const charges = own.flatMap((one) => one.charges).filter(({ atMs }) => this.#counts(atMs));
    const tokens = charges.reduce((sum, charge) => sum + charge.tokens, 0);
    expect(tokens, `tokens of ${key}, debts included`).toBeLessThanOrEqual(tokensPerMinute);
  }

  #holdAccount(pool: string): void {
    if (!this.accountIsThere) return;
    const startMs = this.#time.nowMs + this.#aheadMs;
    expect(startMs, "a paused account starts nothing").toBeGreaterThanOrEqual(this.#pausedUntilMs);
    const accounts = this.#accountsInForce();
    const most = (of: (account: ProviderAccount) => number | undefined) =>
      Math.max(...accounts.map((one) => of(one) ?? Infinity));
    const own = this.#all.filter((one) => one.pool === pool && one.generation === this.#generation);
    const running = own.filter((one) => one.running).length;
    expect(running, `running jobs of ${pool}`).toBeLessThanOrEqual(most((of) => of.maxRunning));
    const recent = own.filter((one) => !one.unreached && this.#counts(one.atMs));
    const requests = most((of) => of.requestsPerMinute);
    expect(recent.length, `requests of ${pool}`).toBeLessThanOrEqual(requests);
    const tokens = recent.reduce((sum, one) => sum + one.ofAccount, 0);
    expect(tokens, `tokens of ${pool}`).toBeLessThanOrEqual(most((of) => of.tokensPerMinute));
  }

  /** The accounts that held at some time of the last minute, and the seconds by which a slice may be older. */
  #accountsInForce(): readonly ProviderAccount[] {
    const fromMs = this.#time.nowMs - MINUTE_MS - 1_000 - this.#aheadMs - this.#behindMs;
    return this.#accounts
      .filter((_, at) => (this.#accounts[at + 1]?.sinceMs ?? Infinity) >= fromMs)
      .map(({ value }) => value);
  }
}
