/** A job as it is stored: BullMQ's hash with Millrace's fields (see scripts/lib/jobs.lua). */
import { type BackoffPolicy, defaultBackoff, type JobId, type JobState } from "@millrace/shared";
import type { Failure, JobRecord, JobSpec, Usage } from "./engine.ts";

/** What has no field of its own, under short names: it is stored with every job. */
interface StoredSpec {
  readonly b?: BackoffPolicy;
  readonly r?: number;
  readonly p?: string;
  readonly e?: number;
  readonly d?: readonly string[];
  readonly l?: Readonly<Record<string, string>>;
  readonly tp?: string;
  readonly ts?: string;
  readonly h?: string;
}

export const DEFAULT_IDEMPOTENCY_WINDOW_MS = 24 * 3_600_000;

export function storedSpec(job: JobSpec): string {
  const spec: StoredSpec = {
    b: job.backoff,
    ...(job.runAtMs === undefined ? {} : { r: job.runAtMs }),
    ...(job.pool === undefined ? {} : { p: job.pool }),
    ...(job.estimatedTokens === undefined ? {} : { e: job.estimatedTokens }),
    ...(job.documents.length === 0 ? {} : { d: job.documents }),
    ...(Object.keys(job.labels).length === 0 ? {} : { l: job.labels }),
    ...(job.traceparent === undefined ? {} : { tp: job.traceparent }),
    ...(job.tracestate === undefined ? {} : { ts: job.tracestate }),
    ...(job.contentHash === undefined ? {} : { h: job.contentHash }),
  };
  return JSON.stringify(spec);
}

/** BullMQ's own options, for its scripts and for Bull Board. */
export const bullOptions = (job: JobSpec): string =>
  JSON.stringify({
    attempts: job.maxAttempts,
    priority: job.priority,
    backoff: { type: "exponential", delay: job.backoff.initialMs },
  });

/** "window_ms:key", or "" without a key. */
export const storedIdempotency = (job: JobSpec): string =>
  job.idempotencyKey === undefined
    ? ""
    : `${job.idempotencyWindowMs ?? DEFAULT_IDEMPOTENCY_WINDOW_MS}:${job.idempotencyKey}`;

export function jobRecord(
  id: JobId,
  state: JobState,
  hash: ReadonlyMap<string, string>,
  nextRunAtMs?: number,
): JobRecord {
  const number = (field: string) => {
    const text = hash.get(field);
    return text === undefined ? undefined : Number(text);
  };
  const spec = JSON.parse(hash.get("spec") ?? "{}") as StoredSpec;
  const options = JSON.parse(hash.get("opts") ?? "{}") as { attempts?: number };
  const spent = number("atm") ?? 0;
  const submittedAtMs = number("timestamp") ?? 0;
  return {
    id,
    type: hash.get("name") ?? "",
    payloadJson: hash.get("data") ?? "",
    priority: number("priority") ?? 0,
    maxAttempts: options.attempts ?? 1,
    backoff: spec.b ?? defaultBackoff,
    documents: spec.d ?? [],
    labels: spec.l ?? {},
    submittedAtMs,
    createdAtMs: submittedAtMs,
    state,
    attempt: state === "RUNNING" ? spent + 1 : spent,
    cancelRequested: state === "RUNNING" && hash.has("cancel"),
    output: { nextOffset: number("oo") ?? 0 },
    stalls: number("stc") ?? 0,
    ...defined({
      runAtMs: spec.r,
      expiresAtMs: number("exp"),
      deadlineMs: number("dl"),
      pool: spec.p,
      estimatedTokens: spec.e,
      traceparent: spec.tp,
      tracestate: spec.ts,
      contentHash: spec.h,
      retentionMs: number("keep"),
      startedAtMs: number("processedOn"),
      finishedAtMs: number("finishedOn"),
      nextRunAtMs,
      resultJson: hash.get("returnvalue"),
      failure: failureOf(hash, state),
      usage: usageOf(hash),
      workerId: hash.get("pb"),
      ...idempotencyOf(hash),
    }),
  };
}

/** The attempt that runs now: failed attempts so far, and one. */
export const runningAttempt = (hash: ReadonlyMap<string, string>): number =>
  Number(hash.get("atm") ?? 0) + 1;

export const nextSeqOf = (hash: ReadonlyMap<string, string>): number => Number(hash.get("oq") ?? 0);

function failureOf(hash: ReadonlyMap<string, string>, state: JobState): Failure | undefined {
  if (state === "SUCCEEDED") return;
  const stored = hash.get("fail");
  if (stored !== undefined) return JSON.parse(stored) as Failure;
  const message = hash.get("failedReason");
  // Failed by a BullMQ worker, which knows no reasons.
  return message === undefined ? undefined : { reason: "FAILED", message, retryable: false };
}

export const usageText = (usage: Usage | undefined): string =>
  usage === undefined ? "" : `${usage.inputTokens},${usage.outputTokens},${usage.providerCalls}`;

function usageOf(hash: ReadonlyMap<string, string>): Usage | undefined {
  const text = hash.get("use");
  if (text === undefined) return;
  const [inputTokens = 0, outputTokens = 0, providerCalls = 0] = text.split(",").map(Number);
  return { inputTokens, outputTokens, providerCalls };
}

function idempotencyOf(hash: ReadonlyMap<string, string>) {
  const text = hash.get("ik");
  if (text === undefined) return {};
  const colon = text.indexOf(":");
  return {
    idempotencyWindowMs: Number(text.slice(0, colon)),
    idempotencyKey: text.slice(colon + 1),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** `fields` without those that are undefined, as exactOptionalPropertyTypes wants it. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
