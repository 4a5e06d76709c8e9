/** A job as it is stored: BullMQ's hash with Millrace's fields (see jobs/lib/jobs.lua). */
import {
  type BackoffPolicy,
  defaultBackoff,
  type JobId,
  type JobState,
  jsonText,
} from "@millrace/shared";
import type { Failure, JobRecord, JobSpec, Usage } from "./contract.ts";

/**
 * The field `spec`: all that was submitted but the payload, so that a lease reads two fields and not
 * twenty. Names are short, because it is stored with every job.
 */
interface StoredSpec {
  readonly t: string;
  readonly p: number;
  readonly a: number;
  readonly s: number;
  /** initialMs, maxMs, factor, jitter; left out where it is the default. */
  readonly b?: readonly [number, number, number, number];
  readonly r?: number;
  readonly x?: number;
  readonly l?: number;
  readonly i?: string;
  readonly w?: number;
  readonly h?: string;
  readonly o?: string;
  readonly e?: number;
  readonly d?: readonly string[];
  readonly m?: Readonly<Record<string, string>>;
  readonly tp?: string;
  readonly ts?: string;
  readonly k?: number;
  /** Deduplication: key, mode, window in ms. */
  readonly dd?: readonly [string, "throttle" | "debounce", number];
  /** Redriven from. */
  readonly rd?: string;
}

export const DEFAULT_IDEMPOTENCY_WINDOW_MS = 24 * 3_600_000;

export function storedSpec(job: JobSpec): string {
  // JSON leaves out what is undefined.
  const spec: { [K in keyof StoredSpec]: StoredSpec[K] | undefined } = {
    t: job.type,
    p: job.priority,
    a: job.maxAttempts,
    s: job.submittedAtMs,
    b: storedBackoff(job.backoff),
    r: job.runAtMs,
    x: job.expiresAtMs,
    l: job.deadlineMs,
    i: job.idempotencyKey,
    w: job.idempotencyWindowMs,
    h: job.contentHash,
    o: job.pool,
    e: job.estimatedTokens,
    d: job.documents.length === 0 ? undefined : job.documents,
    m: isEmpty(job.labels) ? undefined : job.labels,
    tp: job.traceparent,
    ts: job.tracestate,
    k: job.retentionMs,
    dd: job.deduplication && [
      job.deduplication.key,
      job.deduplication.mode,
      job.deduplication.windowMs,
    ],
    rd: job.redrivenFrom,
  };
  return jsonText(spec);
}

function storedBackoff({ initialMs, maxMs, factor, jitter }: BackoffPolicy): StoredSpec["b"] {
  const usual =
    initialMs === defaultBackoff.initialMs &&
    maxMs === defaultBackoff.maxMs &&
    factor === defaultBackoff.factor &&
    jitter === defaultBackoff.jitter;
  return usual ? undefined : [initialMs, maxMs, factor, jitter];
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

/** "input,output,calls", and ",compute_ms" where any was measured; "" without a usage. */
export function usageText(usage: Usage | undefined): string {
  if (usage === undefined) return "";
  const { inputTokens, outputTokens, providerCalls, computeMs = 0 } = usage;
  return [
    inputTokens,
    outputTokens,
    providerCalls,
    ...(computeMs > 0 ? [Math.ceil(computeMs)] : []),
  ].join();
}

/** As usageText made it, or as scripts added it up. */
export function parseUsage(text: string): Usage {
  const [inputTokens = 0, outputTokens = 0, providerCalls = 0, computeMs = 0] = text
    .split(",")
    .map(Number);
  return {
    ...{ inputTokens, outputTokens, providerCalls },
    ...(computeMs > 0 ? { computeMs } : {}),
  };
}

/** The fields of a job's hash that its record is made of, as far as they were read. */
export interface StoredJob {
  readonly spec: string | null | undefined;
  readonly data?: string | null | undefined;
  readonly atm?: string | null | undefined;
  readonly oo?: string | null | undefined;
  readonly stc?: string | null | undefined;
  readonly bnc?: string | null | undefined;
  readonly use?: string | null | undefined;
  readonly fail?: string | null | undefined;
  readonly processedOn?: string | null | undefined;
  readonly pb?: string | null | undefined;
  readonly finishedOn?: string | null | undefined;
  readonly returnvalue?: string | null | undefined;
  readonly failedReason?: string | null | undefined;
  readonly cancel?: string | null | undefined;
  // What stands in for `spec` in a job that BullMQ itself added under an id of Millrace's form.
  readonly name?: string | null | undefined;
  readonly opts?: string | null | undefined;
  readonly timestamp?: string | null | undefined;
  readonly priority?: string | null | undefined;
}

export function jobRecord(
  id: JobId,
  state: JobState,
  stored: StoredJob,
  nextRunAtMs?: number,
): JobRecord {
  const spec = parseSpec(stored);
  const spent = Number(stored.atm ?? 0);
  const record: Mutable<JobRecord> = {
    id,
    type: spec.t,
    payloadJson: stored.data ?? "",
    // As it is: a BullMQ queue may have changed it since.
    priority: isSet(stored.priority) ? Number(stored.priority) : spec.p,
    maxAttempts: spec.a,
    backoff: parseBackoff(spec.b),
    documents: spec.d ?? [],
    labels: spec.m ?? {},
    submittedAtMs: spec.s,
    createdAtMs: spec.s,
    state,
    attempt: state === "RUNNING" ? spent + 1 : spent,
    cancelRequested: state === "RUNNING" && isSet(stored.cancel),
    output: { nextOffset: Number(stored.oo ?? 0) },
    stalls: Number(stored.stc ?? 0),
    bounces: Number(stored.bnc ?? 0),
  };
  if (spec.r !== undefined) record.runAtMs = spec.r;
  if (spec.x !== undefined) record.expiresAtMs = spec.x;
  if (spec.l !== undefined) record.deadlineMs = spec.l;
  if (spec.i !== undefined) record.idempotencyKey = spec.i;
  if (spec.w !== undefined) record.idempotencyWindowMs = spec.w;
  if (spec.h !== undefined) record.contentHash = spec.h;
  if (spec.o !== undefined) record.pool = spec.o;
  if (spec.e !== undefined) record.estimatedTokens = spec.e;
  if (spec.tp !== undefined) record.traceparent = spec.tp;
  if (spec.ts !== undefined) record.tracestate = spec.ts;
  if (spec.k !== undefined) record.retentionMs = spec.k;
  if (spec.dd !== undefined) {
    const [key, mode, windowMs] = spec.dd;
    record.deduplication = { key, mode, windowMs };
  }
  if (spec.rd !== undefined) record.redrivenFrom = spec.rd as JobId;
  if (isSet(stored.processedOn)) record.startedAtMs = Number(stored.processedOn);
  if (isSet(stored.finishedOn)) record.finishedAtMs = Number(stored.finishedOn);
  if (isSet(stored.pb)) record.workerId = stored.pb;
  if (nextRunAtMs !== undefined) record.nextRunAtMs = nextRunAtMs;
  if (state === "SUCCEEDED" && isSet(stored.returnvalue)) record.resultJson = stored.returnvalue;
  const failure = state === "SUCCEEDED" ? undefined : parseFailure(stored);
  if (failure !== undefined) record.failure = failure;
  if (isSet(stored.use)) record.usage = parseUsage(stored.use);
  return record;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const isSet = (field: string | null | undefined): field is string =>
  field !== null && field !== undefined;

/** What a text of JSON says, or undefined for one that is no object: something else has written it. */
export function parseJson<T extends object>(text: string | null | undefined): T | undefined {
  // Most jobs have not failed: each read of one would make an error and its stack.
  if (text === null || text === undefined || text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a job without one that can be read, what BullMQ's own fields say. */
function parseSpec(stored: StoredJob): StoredSpec {
  const spec = parseJson<StoredSpec>(stored.spec);
  if (typeof spec?.t === "string") return spec;
  const options = parseJson<{ attempts?: number }>(stored.opts);
  return {
    t: stored.name ?? "",
    p: Number(stored.priority ?? 0),
    a: options?.attempts ?? 1,
    s: Number(stored.timestamp ?? 0),
  };
}

function parseBackoff(stored: StoredSpec["b"]): BackoffPolicy {
  if (stored === undefined) return defaultBackoff;
  const [initialMs, maxMs, factor, jitter] = stored;
  return { initialMs, maxMs, factor, jitter };
}

function parseFailure({ fail, failedReason }: StoredJob): Failure | undefined {
  const failure = parseJson<Failure>(fail);
  if (failure !== undefined) return failure;
  // Failed by a BullMQ worker, which knows no reasons.
  return isSet(failedReason)
    ? { reason: "FAILED", message: failedReason, retryable: false }
    : undefined;
}
