/** Converts jobs to and from their stored form: a hash with BullMQ's fields and Millrace's (see jobs/lib/jobs.lua). */
import {
  type BackoffPolicy,
  defaultBackoff,
  type GroupId,
  type JobId,
  type JobState,
  jsonText,
} from "@millrace/shared";
import { parseRoute } from "../models/stored-models.ts";
import { F } from "../redis/stored-names.ts";
import type { Deduplication, Failure, GroupMembership, JobRecord, JobSpec } from "./contract.ts";
import { parseHistory } from "./job-history.ts";
import { parseJson } from "./parse-json.ts";
import { parseUsage } from "./stored-usage.ts";

/**
 * The field `spec`: everything that was submitted except the payload, so that a lease reads two fields, not twenty. Its
 * names are short, because it is stored with every job.
 */
interface StoredSpec {
  readonly [F.spec_type]: string;
  readonly [F.spec_priority]: number;
  readonly [F.spec_max_attempts]: number;
  readonly [F.spec_submitted_ms]: number;
  /**
   * The members that are not those of the default backoff, by their own names, because no script reads them. Earlier
   * versions wrote a list of initialMs, maxMs, factor and jitter.
   */
  readonly [F.spec_backoff]?: Partial<BackoffPolicy> | [number, number, number, number];
  readonly [F.spec_run_at_ms]?: number;
  readonly [F.spec_expires_at_ms]?: number;
  readonly [F.spec_deadline_ms]?: number;
  readonly [F.spec_idempotency_key]?: string;
  readonly [F.spec_idempotency_window_ms]?: number;
  readonly [F.spec_content_hash]?: string;
  readonly [F.spec_pool]?: string;
  readonly [F.spec_estimated_tokens]?: number;
  readonly [F.spec_details]?: string;
  readonly [F.spec_documents]?: readonly string[];
  readonly [F.spec_labels]?: Readonly<Record<string, string>>;
  readonly [F.spec_traceparent]?: string;
  readonly [F.spec_tracestate]?: string;
  readonly [F.spec_retention_ms]?: number;
  /** Key, mode, and window in ms. */
  readonly [F.spec_deduplication]?: readonly [string, "throttle" | "debounce", number];
  readonly [F.spec_redriven_from]?: string;
  readonly [F.spec_finalizes]?: string;
  readonly [F.spec_callback]?: JobSpec["callback"];
  readonly [F.spec_model]?: string;
}

/** Earlier versions wrote more. */
type Written = Omit<StoredSpec, typeof F.spec_documents | typeof F.spec_tracestate>;

export const DEFAULT_IDEMPOTENCY_WINDOW_MS = 24 * 3_600_000;

export function storedSpec(job: JobSpec): string {
  // JSON omits members that are undefined.
  const spec: { [K in keyof Written]: Written[K] | undefined } = {
    [F.spec_type]: job.type,
    [F.spec_priority]: job.priority,
    [F.spec_max_attempts]: job.maxAttempts,
    [F.spec_submitted_ms]: job.submittedAtMs,
    [F.spec_backoff]: storedBackoff(job.backoff),
    [F.spec_run_at_ms]: job.runAtMs,
    [F.spec_expires_at_ms]: job.expiresAtMs,
    [F.spec_deadline_ms]: job.deadlineMs,
    [F.spec_idempotency_key]: job.idempotencyKey,
    [F.spec_idempotency_window_ms]: job.idempotencyWindowMs,
    [F.spec_content_hash]: job.contentHash,
    [F.spec_pool]: job.pool,
    [F.spec_estimated_tokens]: job.estimatedTokens,
    [F.spec_labels]: isEmpty(job.labels) ? undefined : job.labels,
    [F.spec_traceparent]: job.traceparent,
    [F.spec_details]: job.details,
    [F.spec_retention_ms]: job.retentionMs,
    [F.spec_deduplication]: job.deduplication && [
      job.deduplication.key,
      job.deduplication.mode,
      job.deduplication.windowMs,
    ],
    [F.spec_redriven_from]: job.redrivenFrom,
    [F.spec_finalizes]: job.finalizes,
    [F.spec_callback]: job.callback,
    [F.spec_model]: job.model,
  };
  return jsonText(spec);
}

function storedBackoff(backoff: BackoffPolicy): StoredSpec[typeof F.spec_backoff] {
  const members = Object.entries(backoff) as [keyof BackoffPolicy, number][];
  const unusual = members.filter(([name, value]) => value !== defaultBackoff[name]);
  return unusual.length === 0 ? undefined : Object.fromEntries(unusual);
}

function isEmpty(labels: Readonly<Record<string, string>>): boolean {
  for (const _ in labels) return false;
  return true;
}

/** BullMQ's own options, for its scripts and for Bull Board. */
export const bullOptions = (job: JobSpec): string =>
  `{"attempts":${job.maxAttempts},"priority":${job.priority},` +
  `"backoff":{"type":"exponential","delay":${job.backoff.initialMs}}}`;

/** "window_ms:key", or undefined without a key. */
export const storedIdempotency = (job: JobSpec): string | undefined =>
  job.idempotencyKey === undefined
    ? undefined
    : `${job.idempotencyWindowMs ?? DEFAULT_IDEMPOTENCY_WINDOW_MS}:${job.idempotencyKey}`;

/** The fields of a job's hash that were read, by their stored names. Without a spec, BullMQ's own fields replace it. */
export interface StoredJob {
  readonly [field: string]: string | null | undefined;
}

export function jobRecord(
  id: JobId,
  state: JobState,
  stored: StoredJob,
  nextRunAtMs?: number,
): JobRecord {
  const spec = parseSpec(stored);
  const spent = Number(stored[F.attempts_spent] ?? 0);
  return {
    id,
    type: spec[F.spec_type],
    payloadJson: stored[F.payload] ?? "",
    // The stored priority, not that of the spec: a BullMQ queue may have changed it.
    priority: numberOf(stored[F.priority]) ?? spec[F.spec_priority],
    maxAttempts: spec[F.spec_max_attempts],
    backoff: parseBackoff(spec[F.spec_backoff]),
    labels: spec[F.spec_labels] ?? {},
    submittedAtMs: spec[F.spec_submitted_ms],
    createdAtMs: spec[F.spec_submitted_ms],
    state,
    attempt: state === "RUNNING" ? spent + 1 : spent,
    cancelRequested: state === "RUNNING" && isSet(stored[F.cancel_reason]),
    output: { nextOffset: Number(stored[F.next_offset] ?? 0) },
    stalls: Number(stored[F.stalls] ?? 0),
    bounces: Number(stored[F.bounces] ?? 0),
    ...defined({
      runAtMs: spec[F.spec_run_at_ms],
      expiresAtMs: spec[F.spec_expires_at_ms],
      deadlineMs: spec[F.spec_deadline_ms],
      idempotencyKey: spec[F.spec_idempotency_key],
      idempotencyWindowMs: spec[F.spec_idempotency_window_ms],
      contentHash: spec[F.spec_content_hash],
      pool: spec[F.spec_pool],
      model: spec[F.spec_model],
      estimatedTokens: spec[F.spec_estimated_tokens],
      traceparent: spec[F.spec_traceparent],
      details: spec[F.spec_details] ?? formerDetails(spec),
      retentionMs: spec[F.spec_retention_ms],
      deduplication: parseDeduplication(spec[F.spec_deduplication]),
      redrivenFrom: spec[F.spec_redriven_from] as JobId | undefined,
      group: membershipOf(stored[F.group]),
      finalizes: spec[F.spec_finalizes] as GroupId | undefined,
      callback: spec[F.spec_callback],
      childGroups: childGroupsOf(stored[F.child_groups] ?? spec[F.spec_finalizes]),
      checkpointJson: stored[F.checkpoint] ?? undefined,
      attempts: isSet(stored[F.history]) ? parseHistory(stored[F.history] ?? "") : undefined,
      startedAtMs: numberOf(stored[F.started_ms]),
      finishedAtMs: numberOf(stored[F.finished_ms]),
      workerId: stored[F.worker_id] ?? undefined,
      route: parseRoute(stored[F.route]),
      nextRunAtMs,
      resultJson: state === "SUCCEEDED" ? (stored[F.result] ?? undefined) : undefined,
      failure: state === "SUCCEEDED" ? undefined : parseFailure(stored),
      usage: parseUsage(stored[F.usage]),
    }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A copy without the members that are undefined. */
function defined<T extends object>(fields: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) kept[name] = value as Exclude<T[typeof name], undefined>;
  }
  return kept;
}

const numberOf = (field: string | null | undefined): number | undefined =>
  isSet(field) ? Number(field) : undefined;

/** Parses "index group". */
function membershipOf(field: string | null | undefined): GroupMembership | undefined {
  const [, index, id] = /^(\d+) (\S+)$/.exec(field ?? "") ?? [];
  return id === undefined ? undefined : { id: id as GroupId, index: Number(index) };
}

const childGroupsOf = (field: string | null | undefined): readonly GroupId[] | undefined =>
  isSet(field) && field !== "" ? (field.split(" ") as GroupId[]) : undefined;

const isSet = (field: string | null | undefined): field is string =>
  field !== null && field !== undefined;

/** The job's spec. If it is absent or cannot be read, BullMQ's own fields replace it. */
function parseSpec(stored: StoredJob): StoredSpec {
  const spec = parseJson<StoredSpec>(stored[F.spec]);
  if (typeof spec?.[F.spec_type] === "string") return spec;
  const options = parseJson<{ attempts?: number }>(stored[F.bull_options]);
  return {
    [F.spec_type]: stored[F.type] ?? "",
    [F.spec_priority]: Number(stored[F.priority] ?? 0),
    [F.spec_max_attempts]: options?.attempts ?? 1,
    [F.spec_submitted_ms]: Number(stored[F.submitted_ms] ?? 0),
  };
}

/** The details of a job that an earlier version stored: it had a member for each. */
function formerDetails(spec: StoredSpec): string | undefined {
  const documentIds = spec[F.spec_documents];
  const tracestate = spec[F.spec_tracestate];
  if (documentIds === undefined && tracestate === undefined) return undefined;
  return JSON.stringify({ documentIds, tracestate });
}

function parseDeduplication(
  stored: StoredSpec[typeof F.spec_deduplication],
): Deduplication | undefined {
  if (stored === undefined) return undefined;
  const [key, mode, windowMs] = stored;
  return { key, mode, windowMs };
}

function parseBackoff(stored: StoredSpec[typeof F.spec_backoff]): BackoffPolicy {
  if (stored === undefined) return defaultBackoff;
  if (!Array.isArray(stored)) return { ...defaultBackoff, ...stored };
  const [initialMs, maxMs, factor, jitter] = stored;
  return { initialMs, maxMs, factor, jitter };
}

function parseFailure(stored: StoredJob): Failure | undefined {
  const failure = parseJson<Failure>(stored[F.failure]);
  const message = stored[F.failure_message];
  if (failure !== undefined) return failure;
  // A BullMQ worker failed the job, and it gives no reasons.
  return isSet(message) ? { reason: "FAILED", message, retryable: false } : undefined;
}
