import type { JobEnd, OutboxEntry } from "@millrace/engine";
import {
  BATCH_TYPE,
  batchIdOf,
  isBackgroundResponse,
  queueOf,
  responseIdOf,
} from "@millrace/shared";
import { callbackOf, eventId, type WebhookEvent } from "./event.ts";

/** What OpenAI's API makes of jobs, as far as events tell of its end. */
interface Subject {
  /** What the types of its events begin with. */
  readonly name: "response" | "batch";
  readonly isMadeBy: (job: JobEnd) => boolean;
  readonly idOf: (jobId: string) => string;
  /** The types of its events, by the job's. */
  readonly types: ReadonlyMap<string, string>;
  /** Where the job has succeeded, and the status in its result says that what it made has not. */
  readonly ofStatus: ReadonlyMap<unknown, string>;
}

const subjects: readonly Subject[] = [
  {
    name: "response",
    isMadeBy: isBackgroundResponse,
    idOf: responseIdOf,
    types: new Map([
      ["job.succeeded", "response.completed"],
      ["job.failed", "response.failed"],
      ["job.expired", "response.failed"],
      ["job.cancelled", "response.cancelled"],
    ]),
    // The model has stopped at a limit.
    ofStatus: new Map([["incomplete", "response.incomplete"]]),
  },
  {
    name: "batch",
    isMadeBy: ({ type }) => type === BATCH_TYPE,
    idOf: batchIdOf,
    types: new Map([
      ["job.succeeded", "batch.completed"],
      ["job.failed", "batch.failed"],
      ["job.expired", "batch.expired"],
      ["job.cancelled", "batch.cancelled"],
    ]),
    ofStatus: new Map([
      ["failed", "batch.failed"],
      ["expired", "batch.expired"],
      ["cancelled", "batch.cancelled"],
    ]),
  },
];

/** What of OpenAI's API a job has made whose end the entry tells of. Undefined: nothing of which events tell. */
export const subjectOf = (entry: OutboxEntry): Subject | undefined =>
  entry.kind === "job"
    ? subjects.find(({ types, isMadeBy }) => types.has(entry.eventType) && isMadeBy(entry))
    : undefined;

/**
 * The event of OpenAI's API that tells of the end of a response in the background, or of a batch; undefined if the entry is of anything
 * else. Like theirs it only names what has ended, which its receiver then reads. `status` is that in the job's result, if it
 * was read.
 */
export function openAiEventOf(entry: OutboxEntry, status: unknown): WebhookEvent | undefined {
  const subject = subjectOf(entry);
  if (subject === undefined || entry.kind !== "job") return undefined;
  const { name, idOf, types, ofStatus } = subject;
  const { eventType, subjectId, keyId, endedMs } = entry;
  const byStatus = eventType === "job.succeeded" ? ofStatus.get(status) : undefined;
  const type = byStatus ?? String(types.get(eventType));
  const id = eventId(entry, name);
  const callback = callbackOf(entry);
  const body = JSON.stringify({
    ...{ id, object: "event", type, created_at: Math.floor(endedMs / 1_000) },
    data: { id: idOf(subjectId) },
  });
  return {
    ...{ id, type, subjectId, keyId, queue: queueOf(subjectId) },
    ...(callback === undefined ? {} : { callback }),
    body: () => body,
  };
}
