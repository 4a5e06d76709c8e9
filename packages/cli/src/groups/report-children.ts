import type { SubmitOutcome } from "@millrace/client";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { note } from "../output.ts";
import type { Shell } from "../shell.ts";

/** How many refusals are shown. A thousand lines would hide the first. */
const MOST_SHOWN = 10;

/** An outcome in JSON: an error is only its parts that are for programs. */
export const outcomeJson = (outcome: SubmitOutcome): object =>
  outcome.kind === "accepted"
    ? { jobId: outcome.jobId, existing: outcome.existing }
    : { error: { reason: outcome.error.reason, message: outcome.error.message } };

/** Throws a Failure if children were refused, after a note about the first of them. */
export function assertAccepted(shell: Shell, outcomes: readonly SubmitOutcome[]): void {
  const refused = outcomes.flatMap((outcome, index) =>
    outcome.kind === "failed" ? [`job ${index + 1}: ${outcome.error.message}`] : [],
  );
  if (refused.length === 0) return;
  for (const line of refused.slice(0, MOST_SHOWN)) note(shell, line);
  throw new Failure(
    exitCodes.failed,
    `${refused.length} of ${outcomes.length} jobs were refused. The others are in the group, and the group is open.`,
  );
}
