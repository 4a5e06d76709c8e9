import { create } from "@bufbuild/protobuf";
import {
  type AttemptOutcome,
  AttemptOutcomeSchema,
  FailedSchema,
} from "@millrace/proto/worker-service";
import { brokenRules, warmRules } from "@millrace/runtime";

warmRules(AttemptOutcomeSchema);

/**
 * Returns an outcome as it is, or a failure in its place if it breaks a rule of the contract. So a wrong outcome costs its own
 * attempt only, and not the stream with all other attempts. Throws MALFORMED if the outcome does not name a lease.
 */
export function storableOutcome(outcome: AttemptOutcome): AttemptOutcome {
  const broken = brokenRules(AttemptOutcomeSchema, outcome);
  if (broken === undefined) return outcome;
  const isBroken = (name: string) =>
    broken.violations.some(({ field }) => field === name || field.startsWith(`${name}.`));
  if (isBroken("lease")) throw broken;
  const { lease, usage } = outcome;
  const failure = {
    reason: broken.reason ?? "MALFORMED",
    message: `The outcome that the worker reported breaks a rule: ${broken.message}. Correct the worker.`,
    retryable: isRetryable(outcome),
  };
  return create(AttemptOutcomeSchema, {
    ...(lease === undefined ? {} : { lease }),
    ...(usage === undefined || isBroken("usage") ? {} : { usage }),
    outcome: { case: "failed", value: create(FailedSchema, { failure }) },
  });
}

/** A result that breaks a rule would do so again. For a failure the worker decides. */
function isRetryable({ outcome }: AttemptOutcome): boolean {
  if (outcome.case === "failed") return outcome.value.failure?.retryable ?? false;
  return outcome.case !== "completed";
}
