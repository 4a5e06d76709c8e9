import type { JobEnd, OutboxEntry } from "@millrace/engine";
import { isBackgroundResponse, queueOf, responseIdOf } from "@millrace/shared";
import { callbackOf, eventId, type WebhookEvent } from "./event.ts";

const types: Readonly<Record<string, string>> = {
  "job.succeeded": "response.completed",
  "job.failed": "response.failed",
  "job.expired": "response.failed",
  "job.cancelled": "response.cancelled",
};

/** The end of a job that has made a response in the background. */
export const isResponseEnd = (entry: OutboxEntry): entry is JobEnd =>
  entry.kind === "job" && types[entry.eventType] !== undefined && isBackgroundResponse(entry);

/**
 * The event of OpenAI's API that tells of the end of a response in the background; undefined if the entry is of anything else. Like
 * theirs it only names the response, which its receiver then reads. `isIncomplete`: the model has stopped at a limit.
 */
export function responseEventOf(
  entry: OutboxEntry,
  isIncomplete: boolean,
): WebhookEvent | undefined {
  if (!isResponseEnd(entry)) return undefined;
  const { eventType, subjectId, keyId, endedMs } = entry;
  const type = isIncomplete ? "response.incomplete" : String(types[eventType]);
  const id = eventId(entry, "response");
  const callback = callbackOf(entry);
  const body = JSON.stringify({
    ...{ id, object: "event", type, created_at: Math.floor(endedMs / 1_000) },
    data: { id: responseIdOf(subjectId) },
  });
  return {
    ...{ id, type, subjectId, keyId, queue: queueOf(subjectId) },
    ...(callback === undefined ? {} : { callback }),
    body: () => body,
  };
}
