import type { AppendOutcome, Engine, OutputBatch, SettleOutcome } from "@millrace/engine";
import { createBatcher } from "@millrace/shared";
import { type EndAttemptsParts, type EndedAttempt, endAttempts } from "./end-attempts.ts";

export interface WritesParts extends EndAttemptsParts {
  readonly engine: Pick<Engine, "append" | "settle">;
}

/** What workers write, gathered over all of this scheduler's: one call takes what came meanwhile from everyone. */
export interface Writes {
  append(batches: readonly OutputBatch[]): Promise<readonly AppendOutcome[]>;
  settle(attempts: readonly EndedAttempt[]): Promise<readonly SettleOutcome[]>;
}

/** Redis does nothing else while it runs a call, and nobody else's news is in one that is under way. */
const callLimits = { maxItems: 256, maxWeight: 1024 * 1024, maxInFlight: 2 };
/** More than what a chunk, a batch or an end takes beside its text. */
const FIXED_BYTES = 256;

export function createWrites(parts: WritesParts): Writes {
  const appends = createBatcher<OutputBatch, AppendOutcome>({
    ...callLimits,
    weigh: ({ chunks }) =>
      chunks.reduce((sum, { body }) => sum + body.length + FIXED_BYTES, FIXED_BYTES),
    flush: (batches) => parts.engine.append(batches),
  });
  const settles = createBatcher<EndedAttempt, SettleOutcome>({
    ...callLimits,
    weigh: ({ settlement }) =>
      FIXED_BYTES + (settlement.kind === "complete" ? settlement.resultJson.length : 0),
    flush: (attempts) => endAttempts(parts, attempts),
  });
  return {
    append: (batches) => Promise.all(batches.map((batch) => appends.add(batch))),
    settle: (attempts) => Promise.all(attempts.map((attempt) => settles.add(attempt))),
  };
}
