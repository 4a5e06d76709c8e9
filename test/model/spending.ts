import {
  costMicros,
  type Engine,
  type Lease,
  type ModelPrice,
  type Settlement,
  type SettleOutcome,
} from "@millrace/engine";
import { expect } from "vitest";
import { poolOf } from "./routes.ts";

const DAY_MS = 86_400_000;
const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"];

/** Adds up what settlements said that their attempts spent. What the engine counts must be the same. */
export class Spending {
  readonly #sums = new Map<string, [jobs: number, attempts: number, tokens: number]>();
  readonly #costs = new Map<string, [attempts: number, unpriced: number, micros: number]>();
  readonly #firstMs: number;

  constructor(nowMs: number) {
    this.#firstMs = nowMs;
  }

  settled(
    settlement: Settlement,
    outcome: SettleOutcome,
    lease: Lease,
    price: ModelPrice | undefined,
  ): void {
    const { jobId, usage } = settlement;
    const pool = poolOf(lease);
    if (outcome.kind !== "settled" || outcome.repeated) return;
    const name = `${jobId.split("~")[1]}|${pool ?? ""}|${usage?.model ?? ""}`;
    const [jobs, attempts, tokens] = this.#sums.get(name) ?? [0, 0, 0];
    const ended = finals.includes(outcome.state) ? 1 : 0;
    this.#sums.set(name, [jobs + ended, attempts + 1, tokens + (usage?.inputTokens ?? 0)]);
    if (usage !== undefined) {
      const cost = price === undefined ? undefined : costMicros(usage, price);
      this.#charge(`${jobId.split("~")[1]}|${lease.job.model ?? ""}|${pool ?? ""}`, cost);
    }
  }

  #charge(name: string, cost: number | undefined): void {
    const [attempts, unpriced, micros] = this.#costs.get(name) ?? [0, 0, 0];
    const without = cost === undefined ? 1 : 0;
    this.#costs.set(name, [attempts + 1, unpriced + without, micros + (cost ?? 0)]);
  }

  /** The clocks of replicas may differ, so a settlement near midnight may count on either day. */
  async check(engine: Engine, nowMs: number): Promise<void> {
    const found = new Map<string, [number, number, number]>();
    const costs = new Map<string, [number, number, number]>();
    const lastDay = Math.floor(nowMs / DAY_MS) + 1;
    for (let day = Math.floor(this.#firstMs / DAY_MS) - 1; day <= lastDay; day += 1) {
      for (const { keyId, pool, model, jobs, attempts, usage } of await engine.usageOfDay(day)) {
        const name = `${keyId}|${pool}|${model}`;
        const [allJobs, allAttempts, tokens] = found.get(name) ?? [0, 0, 0];
        found.set(name, [allJobs + jobs, allAttempts + attempts, tokens + usage.inputTokens]);
      }
    }
    for (let day = Math.floor(this.#firstMs / DAY_MS) - 1; day <= lastDay; day += 1) {
      for (const one of await engine.spendOfDay(day)) {
        const name = `${one.keyId}|${one.model}|${one.account}`;
        const [attempts, unpriced, micros] = costs.get(name) ?? [0, 0, 0];
        costs.set(name, [
          ...([attempts + one.attempts, unpriced + one.unpricedAttempts] as const),
          micros + one.costMicros,
        ]);
      }
    }
    expect(costs, "what is counted as spent equals what was settled").toEqual(this.#costs);
    expect(found, "the usage that is counted equals what was settled").toEqual(this.#sums);
  }
}
