import type { AppendOutcome, Engine, OutputBatch } from "@millrace/engine";
import { createBatcher } from "@millrace/shared";
import {
  type EndAttemptsParts,
  type EndedAttempt,
  type EndOutcome,
  endAttempts,
} from "./end-attempts.ts";

export interface WritesParts extends EndAttemptsParts {
  readonly engine: Pick<Engine, "append" | "settle">;
}

/** Gathers the writes of all workers of this scheduler. One call to the store writes what arrived during the last one. */
export interface Writes {
  append(batches: readonly OutputBatch[]): Promise<readonly AppendOutcome[]>;
  settle(attempts: readonly EndedAttempt[]): Promise<readonly EndOutcome[]>;
}

/** Bounds of one call. Redis does nothing else while it runs a call, and further writes wait for the next call. */
const callLimits = { maxItems: 256, maxWeight: 1024 * 1024, maxInFlight: 2 };
/** An upper bound of what a chunk, a batch or a settlement takes besides its text. */
const FIXED_BYTES = 256;

export function createWrites(parts: WritesParts): Writes {
  const appends = createBatcher<OutputBatch, AppendOutcome>({
    ...callLimits,
    weigh: ({ chunks }) =>
      chunks.reduce((sum, { body }) => sum + body.length + FIXED_BYTES, FIXED_BYTES),
    flush: (batches) => parts.engine.append(batches),
  });
  const settles = createBatcher<EndedAttempt, EndOutcome>({
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
