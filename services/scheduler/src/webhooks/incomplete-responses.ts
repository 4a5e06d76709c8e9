import type { Engine, JobEnd, OutboxEntry, WebhooksOfKey } from "@millrace/engine";
import type { JobId, KeyId } from "@millrace/shared";
import { isResponseEnd } from "./response-event.ts";

/** How many results are read at once: each may have a mebibyte. */
const BATCH = 16;

/**
 * The jobs among ended ones whose response is incomplete: the model has stopped at a limit. Only their results say so. They are read
 * only where somebody is to hear of it. A response whose job is gone counts as complete.
 */
export async function incompleteResponses(
  engine: Pick<Engine, "getFinished">,
  entries: readonly OutboxEntry[],
  webhooksOf: (keyId: KeyId) => Pick<WebhooksOfKey, "endpoints">,
): Promise<ReadonlySet<string>> {
  const isHeard = ({ keyId, hasCallback }: JobEnd) =>
    hasCallback ||
    webhooksOf(keyId).endpoints.some(({ eventTypes }) =>
      eventTypes.some((type) => type.startsWith("response.")),
    );
  const ids = entries
    .filter(isResponseEnd)
    .filter((entry) => entry.eventType === "job.succeeded" && isHeard(entry))
    .map(({ subjectId }) => subjectId);
  const incomplete = new Set<JobId>();
  for (let from = 0; from < ids.length; from += BATCH) {
    for (const read of await engine.getFinished(ids.slice(from, from + BATCH))) {
      if (read.kind !== "finished") continue;
      if (statusIn(read.job.resultJson) === "incomplete") incomplete.add(read.job.id);
    }
  }
  return incomplete;
}

function statusIn(resultJson: string | undefined): unknown {
  try {
    return (JSON.parse(resultJson ?? "") as { readonly status?: unknown } | null)?.status;
  } catch {
    // Another program wrote it.
    return undefined;
  }
}
