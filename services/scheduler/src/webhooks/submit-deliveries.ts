import type { JobRecord, JobSpec } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import type { JobId, KeyId } from "@millrace/shared";
import { refusalOf } from "../messages/submit-result.ts";
import { deliveryMessages } from "./read-deliveries.ts";
import type { WebhookParts } from "./webhook-parts.ts";

/** Submits deliveries that a caller has asked for, and describes them. Throws the refusal of the first that is refused. */
export async function submitDeliveries(
  parts: Pick<WebhookParts, "engine">,
  keyId: KeyId,
  deliveries: readonly JobSpec[],
) {
  const { engine } = parts;
  const outcomes = await engine.submit(deliveries);
  const ids: JobId[] = [];
  for (const [index, { id }] of deliveries.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error("the engine returned no outcome for a delivery");
    const refusal = refusalOf(id, outcome);
    if (refusal !== undefined) throw rpcError(refusal);
    ids.push(outcome.kind === "existing" ? outcome.jobId : id);
  }
  const jobs = await engine.getJobs(ids, "attempts");
  const stored = jobs.filter((job): job is JobRecord => job !== undefined);
  return deliveryMessages(parts, keyId, stored);
}
