import { createHash } from "node:crypto";
import type { GroupEnd, JobEnd, OutboxEntry } from "@millrace/engine";
import { JobSpecSchema } from "@millrace/proto/job";
import type { Callback } from "@millrace/proto/webhook-endpoint";
import {
  cutChars,
  type KeyId,
  type QueueName,
  queueOf,
  WEBHOOK_BODY_BYTES,
} from "@millrace/shared";
import { groupDetails } from "../messages/group-spec.ts";
import { fromDetails } from "../messages/job-details.ts";

/** An end of a job or group as receivers hear of it. */
export interface WebhookEvent {
  /** The header webhook-id. Every scheduler makes the same of one end. */
  readonly id: string;
  readonly type: string;
  readonly subjectId: string;
  readonly queue: QueueName;
  readonly keyId: KeyId;
  /** Where the job or group itself asks its end to be sent. */
  readonly callback?: Callback;
  /** The body of a request: JSON text of at most WEBHOOK_BODY_BYTES. The result is left out if it does not fit. */
  body(includeResult: boolean): string;
}

/** The longest message of a failure in a body that would be too large otherwise. */
const SHORT_MESSAGE = 1_000;

export function eventOf(entry: OutboxEntry): WebhookEvent {
  const { eventType: type, subjectId, keyId } = entry;
  const id = eventId(entry, type);
  const callback = callbackOf(entry);
  const parts = entry.kind === "job" ? jobData(entry) : groupData(entry);
  return {
    ...{ id, type, subjectId, keyId, queue: queueOf(subjectId) },
    ...(callback === undefined ? {} : { callback }),
    body: (includeResult) => fitted({ id, type, entry }, parts, includeResult),
  };
}

/** The id of an event that tells of an end. `kind` tells the events of one end apart. */
export const eventId = ({ subjectId, token }: OutboxEntry, kind: string): string => {
  const digest = createHash("sha256").update(`${subjectId} ${kind} ${token}`).digest("hex");
  return `evt_${digest.slice(0, 32)}`;
};

export function callbackOf({ kind, hasCallback, details }: OutboxEntry): Callback | undefined {
  if (!hasCallback) return undefined;
  return kind === "job"
    ? fromDetails(JobSpecSchema, details).callback
    : groupDetails(details).callback;
}

/** What an event says, in parts, because a large one is left out if the body would be too long. */
interface EventData {
  readonly data: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly failure?: {
    readonly reason: string;
    readonly message: string;
    readonly retryable: boolean;
  };
  readonly resultJson?: string;
}

const stateOf = (type: string): string => type.slice(type.indexOf(".") + 1);

function jobData(entry: JobEnd): EventData {
  const { subjectId, eventType, type, attempt, groupId, labels, failureJson, resultJson } = entry;
  const isDead = eventType === "job.dead_lettered";
  const failure = readJson(failureJson) as EventData["failure"];
  return {
    data: {
      ...{ id: subjectId, queue: queueOf(subjectId), type, attempt },
      state: isDead ? "failed" : stateOf(eventType),
      ...(groupId === undefined ? {} : { group_id: groupId }),
    },
    labels,
    ...(failure === undefined ? {} : { failure }),
    ...(resultJson === undefined ? {} : { resultJson }),
  };
}

function groupData({ subjectId, eventType, finalizerId, details, ...end }: GroupEnd): EventData {
  const { total, succeeded, failed, cancelled, expired, removed } = end;
  return {
    data: {
      ...{ id: subjectId, queue: queueOf(subjectId), state: stateOf(eventType) },
      children: { total, succeeded, failed, cancelled, expired, removed },
      ...(finalizerId === undefined ? {} : { finalizer_job_id: finalizerId }),
    },
    labels: groupDetails(details).labels,
  };
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Another program wrote it.
    return undefined;
  }
}

/** The longest body that fits: without the result, then without labels, then with a short message. */
function fitted(
  event: { readonly id: string; readonly type: string; readonly entry: OutboxEntry },
  { data, labels, failure, resultJson }: EventData,
  includeResult: boolean,
): string {
  const isReadable = includeResult && readJson(resultJson) !== undefined;
  const withLabels = Object.keys(labels).length === 0 ? data : { ...data, labels };
  const brief = failure && { ...failure, message: cutChars(failure.message, SHORT_MESSAGE) };
  const bodies = [
    ...(isReadable ? [() => bodyOf(event, withLabels, failure, resultJson)] : []),
    () => bodyOf(event, withLabels, failure),
    () => bodyOf(event, data, failure),
  ];
  for (const make of bodies) {
    const body = make();
    if (Buffer.byteLength(body) <= WEBHOOK_BODY_BYTES) return body;
  }
  return bodyOf(event, data, brief);
}

function bodyOf(
  { id, type, entry }: { readonly id: string; readonly type: string; readonly entry: OutboxEntry },
  data: EventData["data"],
  failure: EventData["failure"],
  resultJson?: string,
): string {
  const { reason, message, retryable } = failure ?? {};
  const text = JSON.stringify({
    ...data,
    ...(failure === undefined ? {} : { failure: { reason, message, retryable } }),
  });
  // The result stays as the worker wrote it: parsing would change long numbers.
  const whole = resultJson === undefined ? text : `${text.slice(0, -1)},"result":${resultJson}}`;
  const event = { id, object: "event", type, created_at: Math.floor(entry.endedMs / 1_000) };
  return `${JSON.stringify(event).slice(0, -1)},"data":${whole}}`;
}
