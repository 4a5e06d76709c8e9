import type { KeyBudget, Lease, ProviderAccount, Settlement } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect } from "vitest";
import { ACCOUNT, usesAccount } from "./account.ts";

const MINUTE_MS = 60_000;
/** The `default_estimated_tokens` of a queue: the estimate while nothing else is known. */
const DEFAULT_TOKENS = 1_000;

/** A limit in force, with the time since which it is in force. */
interface Since<T> {
  readonly value: T;
  readonly sinceMs: number;
}

/** Tokens that count against a key from a time on. */
interface Charge {
  readonly atMs: number;
  readonly tokens: number;
}

interface Admission {
  readonly jobId: JobId;
  readonly token: number;
  readonly key: string;
  readonly pool: string | undefined;
  /** How often the account had been defined or deleted before. The admission counts only against that definition. */
  readonly generation: number;
  readonly atMs: number;
  running: boolean;
  /** The attempt never reached its provider, so nothing of it counts. */
  unreached: boolean;
  /** The provider refused the attempt, so it counts only against the provider. */
  bounced: boolean;
  /** The least that the key reserved. 0 if only Millrace knows the estimate of the job. */
  readonly reserved: number;
  /** The tokens that count at least, and since when. A debt counts from the time when it was reported. */
  charges: readonly Charge[];
  /** The least of its tokens that counts against its account. Debts are left out, because shards report them later. */
  ofAccount: number;
}

/**
 * A model of what was started and what may be started. Each budget limits the jobs that run at the same time, and
 * the requests and tokens in any minute. Times are true times. If the replicas' clocks differ, a minute is
 * shorter by the difference.
 */
export class Admissions {
  readonly #time: { readonly nowMs: number };
  readonly #all: Admission[] = [];
  readonly #limits = new Map<string, KeyBudget>();
  #accounts: Since<ProviderAccount>[] = [];
  accountIsThere = true;
  #generation = 0;
  #pausedUntilMs = 0;
  #behindMs = 0;
  #aheadMs = 0;

  constructor(time: { readonly nowMs: number }) {
    this.#time = time;
  }

  /** From now on, a replica's clock is wrong by this much. */
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

  started(lease: Lease): void {
    const { jobId, token, job } = lease;
    const pool = usesAccount(lease) ? ACCOUNT : undefined;
    const atMs = this.#time.nowMs;
    const key = jobId.split("~")[1] ?? "";
    // The store has taken the expired lease back, or the job could not be leased again.
    this.lost([jobId]);
    const limit = this.#limits.get(key)?.tokensPerMinute ?? 0;
    const tokens = job.estimatedTokens ?? 0;
    const reserved = Math.min(tokens, limit);
    const ofAccount = this.#leastBelieved(pool, Math.min(tokens, limit || Infinity));
    this.#all.push({
      ...{ jobId, token, key, pool, atMs, running: true, unreached: false },
      ...{
        generation: this.#generation,
        bounced: false,
        reserved,
        charges: [{ atMs, tokens: reserved }],
        ofAccount,
      },
    });
    this.#holdKey(key);
    if (pool !== undefined) this.#holdAccount(pool);
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
        one.ofAccount = Math.min(one.ofAccount, spent);
        const debt = one.reserved === 0 ? 0 : Math.max(0, spent - one.reserved);
        one.charges = [
          { atMs: one.atMs, tokens: spent - debt },
          { atMs: this.#time.nowMs, tokens: debt },
        ];
      }
    }
  }

  /** The attempts of these jobs are dead. What they reserved counts as spent. */
  lost(jobs: readonly JobId[]): void {
    for (const one of this.#all) if (jobs.includes(one.jobId)) one.running = false;
  }

  /**
   * The least of an estimate that an account believes. It believes less if the key was seen to spend little, or
   * if others need the tokens.
   */
  #leastBelieved(pool: string | undefined, tokens: number): number {
    if (pool === undefined || !this.accountIsThere) return 0;
    const limits = this.#accountsInForce().map((one) => one.tokensPerMinute ?? Infinity);
    return Math.min(tokens, DEFAULT_TOKENS, Math.floor(Math.min(...limits) / 8));
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
    expect(startMs, "an account in a cool-down starts no job").toBeGreaterThanOrEqual(
      this.#pausedUntilMs,
    );
    const accounts = this.#accountsInForce();
    const most = (limitOf: (account: ProviderAccount) => number | undefined) =>
      Math.max(...accounts.map((one) => limitOf(one) ?? Infinity));
    const own = this.#all.filter((one) => one.pool === pool && one.generation === this.#generation);
    const running = own.filter((one) => one.running).length;
    expect(running, `running jobs of ${pool}`).toBeLessThanOrEqual(most((one) => one.maxRunning));
    const recent = own.filter((one) => !one.unreached && this.#counts(one.atMs));
    const requests = most((one) => one.requestsPerMinute);
    expect(recent.length, `requests of ${pool}`).toBeLessThanOrEqual(requests);
    const tokens = recent.reduce((sum, one) => sum + one.ofAccount, 0);
    expect(tokens, `tokens of ${pool}`).toBeLessThanOrEqual(most((one) => one.tokensPerMinute));
  }

  /** The definitions of the account that were in force in the last minute. A slice may be older by some seconds. */
  #accountsInForce(): readonly ProviderAccount[] {
    const fromMs = this.#time.nowMs - MINUTE_MS - 1_000 - this.#aheadMs - this.#behindMs;
    return this.#accounts
      .filter((_, index) => (this.#accounts[index + 1]?.sinceMs ?? Infinity) >= fromMs)
      .map(({ value }) => value);
  }
}
