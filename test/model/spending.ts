import type { Engine, Settlement, SettleOutcome } from "@millrace/engine";
import { expect } from "vitest";

const DAY_MS = 86_400_000;
const finals = ["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"];

/** Adds up what settlements said that their attempts spent. What the engine counts must be the same. */
export class Spending {
  readonly #sums = new Map<string, [jobs: number, attempts: number, tokens: number]>();
  readonly #firstMs: number;

  constructor(nowMs: number) {
    this.#firstMs = nowMs;
  }

  settled({ jobId, usage }: Settlement, outcome: SettleOutcome, pool: string | undefined): void {
    if (outcome.kind !== "settled" || outcome.repeated) return;
    const name = `${jobId.split("~")[1]}|${pool ?? ""}|${usage?.model ?? ""}`;
    const [jobs, attempts, tokens] = this.#sums.get(name) ?? [0, 0, 0];
    const ended = finals.includes(outcome.state) ? 1 : 0;
    this.#sums.set(name, [jobs + ended, attempts + 1, tokens + (usage?.inputTokens ?? 0)]);
  }

  /** The clocks of replicas may differ, so a settlement near midnight may count on either day. */
  async check(engine: Engine, nowMs: number): Promise<void> {
    const found = new Map<string, [number, number, number]>();
    const lastDay = Math.floor(nowMs / DAY_MS) + 1;
    for (let day = Math.floor(this.#firstMs / DAY_MS) - 1; day <= lastDay; day += 1) {
      for (const { keyId, pool, model, jobs, attempts, usage } of await engine.usageOfDay(day)) {
        const name = `${keyId}|${pool}|${model}`;
        const [allJobs, allAttempts, tokens] = found.get(name) ?? [0, 0, 0];
        found.set(name, [allJobs + jobs, allAttempts + attempts, tokens + usage.inputTokens]);
      }
    }
    expect(found, "the usage that is counted equals what was settled").toEqual(this.#sums);
  }
}
