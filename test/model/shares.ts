import type { Lease } from "@millrace/engine";
import { expect } from "vitest";

/** What a queue takes an attempt to spend of whose key it knows nothing; an estimate counts up to that always. */
const DEFAULT_TOKENS = 1_000;
/** And up to so many times what its key's attempts were seen to spend. */
const BELIEVED_TIMES = 8;

interface Running {
  readonly key: string;
  readonly tokens: number;
}

/**
 * What keys have got that always have work, in one band, pool and shard: in tokens over their weight, what
 * runs as it was estimated and what has ended as it was spent. It knows nothing of virtual time.
 */
export class Shares {
  readonly #weights: ReadonlyMap<string, number>;
  readonly #mostSpent: number;
  readonly #got = new Map<string, number>();
  readonly #running = new Map<string, Running>();
  readonly #learned = new Map<string, number>();
  #largestEstimate = 0;
  #largest = 0;
  #mostInFlight = 0;

  /** `mostSpent`: what a job spends of its estimate at most. */
  constructor(weights: ReadonlyMap<string, number>, mostSpent: number) {
    this.#weights = weights;
    this.#mostSpent = mostSpent;
    for (const key of weights.keys()) this.#got.set(key, 0);
  }

  /** Whoever is served is ahead of nobody by more than two of the largest jobs, as far as is known then. */
  leased({ jobId, job }: Lease): void {
    const key = jobId.split("~")[1] ?? "";
    if (!this.#weights.has(key)) return;
    const tokens = this.#believed(key, job.estimatedTokens ?? 0);
    this.#running.set(jobId, { key, tokens });
    this.#add(key, tokens);
    this.#largestEstimate = Math.max(this.#largestEstimate, tokens / this.#weightOf(key));
    const ahead = (this.#got.get(key) ?? 0) - Math.min(...this.#got.values());
    expect(ahead, `${key} was served: ${this.#text()}`).toBeLessThanOrEqual(
      2 * this.#largestEstimate,
    );
    const most = (one: Running) => (this.#mostSpent * one.tokens) / this.#weightOf(one.key);
    this.#largest = Math.max(this.#largest, most({ key, tokens }));
    const inFlight = [...this.#running.values()].reduce((sum, one) => sum + most(one), 0);
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
  }

  /** `spent` undefined: nobody said, and it is what was estimated. */
  ended(jobId: string, spent: number | undefined): void {
    const one = this.#running.get(jobId);
    if (one === undefined) return;
    this.#running.delete(jobId);
    if (spent === undefined) return;
    this.#add(one.key, spent - one.tokens);
    if (spent > 0) this.#learn(one.key, spent);
  }

  /** No two are ever further apart than two of the largest jobs and what ran at once. */
  hold(): void {
    const got = [...this.#got.values()];
    const apart = Math.max(...got) - Math.min(...got);
    expect(apart, `apart: ${this.#text()}`).toBeLessThanOrEqual(
      2 * this.#largest + this.#mostInFlight,
    );
  }

  /** About the 90th percentile of what a key spends. */
  #learn(key: string, spent: number): void {
    const before = this.#learned.get(key) ?? spent;
    const after =
      spent > before ? Math.min(spent, before * 1.09 + 1) : Math.max(spent, before * 0.99);
    this.#learned.set(key, after);
  }

  #believed(key: string, estimate: number): number {
    const learned = this.#learned.get(key);
    if (learned === undefined) return estimate;
    return Math.min(estimate, Math.max(BELIEVED_TIMES * learned, DEFAULT_TOKENS));
  }

  #text = (): string => JSON.stringify([...this.#got]);

  #weightOf = (key: string): number => this.#weights.get(key) ?? 1;

  #add(key: string, tokens: number): void {
    this.#got.set(key, (this.#got.get(key) ?? 0) + tokens / this.#weightOf(key));
  }
}
