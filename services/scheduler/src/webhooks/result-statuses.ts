import type { Engine, OutboxEntry, WebhooksOfKey } from "@millrace/engine";
import type { JobId, KeyId } from "@millrace/shared";
import { subjectOf } from "./openai-event.ts";

/** How many results are read at once: each may have a mebibyte. */
const BATCH = 16;

/**
 * The statuses in the results of ended jobs that made something of OpenAI's API, by the ids of the jobs: that a model stopped at a
 * limit, or that a batch was cancelled, is nowhere else. They are read only where somebody is to hear of it. What is gone has none.
 */
export async function resultStatuses(
  engine: Pick<Engine, "getFinished">,
  entries: readonly OutboxEntry[],
  webhooksOf: (keyId: KeyId) => Pick<WebhooksOfKey, "endpoints">,
): Promise<ReadonlyMap<string, unknown>> {
  const isHeard = ({ keyId, hasCallback }: OutboxEntry, subject: string) =>
    hasCallback ||
    webhooksOf(keyId).endpoints.some(({ eventTypes }) =>
      eventTypes.some((type) => type.startsWith(`${subject}.`)),
    );
  const ids = entries.flatMap((entry) => {
    const subject = subjectOf(entry);
    const isRead = entry.kind === "job" && entry.eventType === "job.succeeded";
    return subject !== undefined && isRead && isHeard(entry, subject.name) ? [entry.subjectId] : [];
  });
  const statuses = new Map<JobId, unknown>();
  for (let from = 0; from < ids.length; from += BATCH) {
    for (const read of await engine.getFinished(ids.slice(from, from + BATCH))) {
      if (read.kind === "finished") statuses.set(read.job.id, statusIn(read.job.resultJson));
    }
  }
  return statuses;
}

function statusIn(resultJson: string | undefined): unknown {
  try {
    return (JSON.parse(resultJson ?? "") as { readonly status?: unknown } | null)?.status;
  } catch {
    // Another program wrote it.
    return undefined;
  }
}
