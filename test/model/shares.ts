import type { Lease } from "@millrace/engine";
import { expect } from "vitest";

/**
 * What a queue expects an attempt to spend if it knows nothing of its key. An estimate is always believed up to
 * this.
 */
const DEFAULT_TOKENS = 1_000;
/** An estimate is also believed up to this many times what attempts of the key were seen to spend. */
const BELIEVED_TIMES = 8;

interface Running {
  readonly key: string;
  readonly tokens: number;
}

/**
 * A model of the service that busy keys got in one band, pool and shard: tokens divided by weight. A running job
 * counts as estimated, and an ended job as spent. The model does not use virtual time.
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

  /** `mostSpent` is the largest factor of its estimate that a job spends. */
  constructor(weights: ReadonlyMap<string, number>, mostSpent: number) {
    this.#weights = weights;
    this.#mostSpent = mostSpent;
    for (const key of weights.keys()) this.#got.set(key, 0);
  }

  /** Checks that the served key is ahead of no other key by more than two of the largest jobs known so far. */
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

  /** `spent` is undefined if nobody reported it. The estimate counts then. */
  ended(jobId: string, spent: number | undefined): void {
    const one = this.#running.get(jobId);
    if (one === undefined) return;
    this.#running.delete(jobId);
    if (spent === undefined) return;
    this.#add(one.key, spent - one.tokens);
    if (spent > 0) this.#learn(one.key, spent);
  }

  /** Checks that no two keys are further apart than two of the largest jobs and what ran at the same time. */
  hold(): void {
    const got = [...this.#got.values()];
    const apart = Math.max(...got) - Math.min(...got);
    expect(apart, `apart: ${this.#text()}`).toBeLessThanOrEqual(
      2 * this.#largest + this.#mostInFlight,
    );
  }

  /** Learns about the 90th percentile of what a key spends. */
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
