import { decodeTime, ulid } from "ulid";
import type { Random } from "./random.ts";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Lower-case letters, digits and hyphens. It starts with a letter and has 1 to 63 characters. */
export type QueueName = Brand<string, "QueueName">;
/** The public part of an API key: 4 to 32 lower-case letters and digits. */
export type KeyId = Brand<string, "KeyId">;
/**
 * `<queue>~<key id>~<ULID>`. The id names the queue and the key of a job, so that nobody has to read the job for
 * them.
 */
export type JobId = Brand<string, "JobId">;
/** The id of a group of jobs, in the form of a job id. A group and a job never share an id. */
export type GroupId = Brand<string, "GroupId">;
/** `<queue>~<key id>~<name>`. No job has the id of a schedule, because a ULID begins with a digit and a name does not. */
export type ScheduleId = Brand<string, "ScheduleId">;
/** The form is `doc_<ULID>`. */
export type DocumentId = Brand<string, "DocumentId">;

/** The form is `we_<ULID>`. */
export type WebhookEndpointId = Brand<string, "WebhookEndpointId">;

const QUEUE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const KEY_ID = /^[a-z0-9]{4,32}$/;
// One expression for the whole id, because a job's id is parsed many times in its life.
const JOB_ID = /^([a-z][a-z0-9-]{0,62})~([a-z0-9]{4,32})~([0-7][0-9A-HJKMNP-TV-Z]{25})$/;
const SCHEDULE_ID = /^([a-z][a-z0-9-]{0,62})~([a-z0-9]{4,32})~([a-z][a-z0-9_-]{0,62})$/;
const SCHEDULE_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99}$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const DOCUMENT_ID = /^doc_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const isQueueName = (text: string): text is QueueName => QUEUE_NAME.test(text);
export const isKeyId = (text: string): text is KeyId => KEY_ID.test(text);
/** Whether `text` can be the last part of a job's or a document's id. */
export const isUlid = (text: string): boolean => ULID.test(text);
export const isDocumentId = (text: string): text is DocumentId => DOCUMENT_ID.test(text);

export interface JobIdParts {
  readonly queue: QueueName;
  readonly keyId: KeyId;
  readonly unique: string;
}

export interface ScheduleIdParts {
  readonly queue: QueueName;
  readonly keyId: KeyId;
  readonly name: string;
}

/** Parses a job id. Undefined if `text` is not one. */
export function parseJobId(text: string): JobIdParts | undefined {
  const parts = JOB_ID.exec(text);
  if (parts === null) return undefined;
  const [, queue, keyId, unique = ""] = parts;
  return { queue: queue as QueueName, keyId: keyId as KeyId, unique };
}

/** Parses the id of a schedule. Undefined if `text` is not one. */
export function parseScheduleId(text: string): ScheduleIdParts | undefined {
  const parts = SCHEDULE_ID.exec(text);
  if (parts === null) return undefined;
  const [, queue, keyId, name = ""] = parts;
  return { queue: queue as QueueName, keyId: keyId as KeyId, name };
}

export const scheduleIdOf = (queue: QueueName, keyId: KeyId, name: string): ScheduleId =>
  `${queue}~${keyId}~${name}` as ScheduleId;

/** Whether `text` can be the name or an alias of a model. */
export const isModelName = (text: string): boolean => MODEL_NAME.test(text);
/** Whether `text` can be the last part of a schedule's id. */
export const isScheduleName = (text: string): boolean => SCHEDULE_NAME.test(text);

/** Returns the queue of a valid id of a job, group or schedule. */
export const queueOf = (id: JobId | GroupId | ScheduleId): QueueName =>
  id.slice(0, id.indexOf("~")) as QueueName;

/** Whether `text` has the form of a group id, which is that of a job id. */
export const isGroupId = (text: string): text is GroupId => JOB_ID.test(text);

export const isJobId = (text: string): text is JobId => JOB_ID.test(text);

export function newJobId(queue: QueueName, keyId: KeyId, nowMs: number, random: Random): JobId {
  return `${queue}~${keyId}~${newUlid(nowMs, random)}` as JobId;
}

export const newGroupId = (
  queue: QueueName,
  keyId: KeyId,
  nowMs: number,
  random: Random,
): GroupId => newJobId(queue, keyId, nowMs, random) as string as GroupId;

export function newDocumentId(nowMs: number, random: Random): DocumentId {
  return `doc_${newUlid(nowMs, random)}` as DocumentId;
}

/** When a document's id was made, in milliseconds since the Unix epoch. */
export const timeOfDocumentId = (id: DocumentId): number => timeOfUlid(id.slice("doc_".length));

/** When a valid ULID was made, in milliseconds since the Unix epoch. */
export const timeOfUlid = (unique: string): number => decodeTime(unique);
export function newWebhookEndpointId(nowMs: number, random: Random): WebhookEndpointId {
  return `we_${newUlid(nowMs, random)}` as WebhookEndpointId;
}

/** The id of an event that no end of a job or group makes. */
export function newEventId(nowMs: number, random: Random): string {
  return `evt_${newUlid(nowMs, random)}`;
}

function newUlid(nowMs: number, random: Random): string {
  return ulid(nowMs, () => random.next());
}
