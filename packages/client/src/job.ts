import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  durationFromMs,
  type Timestamp,
  timestampDate,
  timestampFromDate,
} from "@bufbuild/protobuf/wkt";
import {
  type Job as JobMessage,
  type JobSpecSchema,
  JobState as StateMessage,
} from "@millrace/proto/job";
import { type JobState, jsonText } from "@millrace/shared";

export type { JobState } from "@millrace/shared";

/** What to run. All but queue and type may be left out. */
export interface NewJob {
  readonly queue: string;
  /** Which executor runs it, for example "summarize". */
  readonly type: string;
  /** The executor's input: an object that JSON can say, at most 256 KiB long. */
  readonly payload?: object;
  /** Documents that it reads, uploaded before by the same API key. */
  readonly documentIds?: readonly string[];
  /** 1 (most urgent) to 100; default 50. */
  readonly priority?: number;
  /** Makes repeating safe: the same key and content return the job that exists. */
  readonly idempotencyKey?: string;
  /** The capability or provider account that it needs. */
  readonly pool?: string;
  readonly estimatedTokens?: number;
  /** The earliest start. */
  readonly runAt?: Date;
  /** The latest start. */
  readonly expiresAt?: Date;
  /** The latest finish. */
  readonly deadline?: Date;
  readonly retry?: {
    readonly maxAttempts?: number;
    readonly initialBackoffMs?: number;
    readonly maxBackoffMs?: number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  /** Holds back jobs that say the same. */
  readonly deduplication?: { readonly key: string } & (
    | { readonly throttleMs: number }
    | { readonly debounceMs: number }
  );
  /** W3C trace context. Left out: that of the active OpenTelemetry span, if there is one. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** Why a job or an attempt failed. */
export interface JobFailure {
  /** Stable, upper snake case. */
  readonly reason: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly providerCalls: number;
  /** CPU time that the worker measured, milliseconds; 0 where it measured none. */
  readonly computeMs: number;
}

export interface Job<Result = unknown> {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  readonly state: JobState;
  readonly priority: number;
  /** The attempt that runs or ran last, from 1; 0 before the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** As submitted; left out of lists and events. */
  readonly payload?: unknown;
  /** Once SUCCEEDED, what the executor returned; left out of lists. */
  readonly result?: Result;
  /** Why it ended without a result, or why the last attempt failed. */
  readonly failure?: JobFailure;
  /** What its attempts spent in all. */
  readonly usage?: Usage;
  readonly documentIds: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly pool?: string;
  readonly estimatedTokens?: number;
  readonly submitTime?: Date;
  /** When the last attempt started. */
  readonly startTime?: Date;
  readonly finishTime?: Date;
  /** While SCHEDULED: when it will be queued. */
  readonly runAt?: Date;
  readonly expiresAt?: Date;
  readonly deadline?: Date;
  /** How many pieces of output there are so far. */
  readonly outputOffset: number;
  readonly cancelRequested: boolean;
  /** How often it lost its worker. */
  readonly stalls: number;
  /** How often a provider refused it for load. */
  readonly bounces: number;
  /** The dead letter that it was made from. */
  readonly redrivenFrom?: string;
}

type SpecInit = MessageInitShape<typeof JobSpecSchema>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Throws what JSON.stringify throws for a payload that JSON cannot say. */
export function specOf(job: NewJob): SpecInit {
  const spec: Mutable<SpecInit> = { queue: job.queue, type: job.type };
  if (job.payload !== undefined) {
    spec.payload = { case: "payloadJson", value: jsonText(job.payload) };
  }
  if (job.documentIds !== undefined) spec.documentIds = [...job.documentIds];
  if (job.priority !== undefined) spec.priority = job.priority;
  if (job.idempotencyKey !== undefined) spec.idempotencyKey = job.idempotencyKey;
  if (job.pool !== undefined) spec.pool = job.pool;
  if (job.estimatedTokens !== undefined) spec.estimatedTokens = job.estimatedTokens;
  if (job.runAt !== undefined) spec.runAt = timestampFromDate(job.runAt);
  if (job.expiresAt !== undefined) spec.expiresAt = timestampFromDate(job.expiresAt);
  if (job.deadline !== undefined) spec.deadline = timestampFromDate(job.deadline);
  if (job.retry !== undefined) spec.retry = retryOf(job.retry);
  if (job.labels !== undefined) spec.labels = { ...job.labels };
  if (job.deduplication !== undefined) spec.deduplication = deduplicationOf(job.deduplication);
  if (job.traceparent !== undefined) spec.traceparent = job.traceparent;
  if (job.tracestate !== undefined) spec.tracestate = job.tracestate;
  return spec;
}

const retryOf = (retry: NonNullable<NewJob["retry"]>): NonNullable<SpecInit["retry"]> => ({
  ...(retry.maxAttempts === undefined ? {} : { maxAttempts: retry.maxAttempts }),
  ...(retry.initialBackoffMs === undefined
    ? {}
    : { initialBackoff: durationFromMs(retry.initialBackoffMs) }),
  ...(retry.maxBackoffMs === undefined ? {} : { maxBackoff: durationFromMs(retry.maxBackoffMs) }),
});

const deduplicationOf = (
  by: NonNullable<NewJob["deduplication"]>,
): NonNullable<SpecInit["deduplication"]> => ({
  key: by.key,
  mode:
    "throttleMs" in by
      ? { case: "throttle", value: durationFromMs(by.throttleMs) }
      : { case: "debounce", value: durationFromMs(by.debounceMs) },
});

/** A newer gateway may know states that this client does not: they pass under their number. */
const stateOf = (state: StateMessage): JobState =>
  (StateMessage[state] ?? String(state)) as JobState;

export function jobOf<Result>(message: JobMessage): Job<Result> {
  const { error, usage } = message;
  const job: Mutable<Job<Result>> = {
    id: message.id,
    queue: message.queue,
    type: message.type,
    state: stateOf(message.state),
    priority: message.priority,
    attempt: message.attempt,
    maxAttempts: message.maxAttempts,
    documentIds: message.documentIds,
    labels: message.labels,
    outputOffset: Number(message.outputOffset),
    cancelRequested: message.cancelRequested,
    stalls: message.stalls,
    bounces: message.bounces,
  };
  if (message.payloadJson !== "") job.payload = parsed(message.payloadJson);
  if (message.resultJson !== "") job.result = parsed(message.resultJson) as Result;
  if (error !== undefined) {
    job.failure = { reason: error.reason, message: error.message, retryable: error.retryable };
  }
  if (usage !== undefined) {
    job.usage = {
      inputTokens: Number(usage.inputTokens),
      outputTokens: Number(usage.outputTokens),
      providerCalls: usage.providerCalls,
      computeMs: Number(usage.computeMs),
    };
  }
  if (message.idempotencyKey !== "") job.idempotencyKey = message.idempotencyKey;
  if (message.pool !== "") job.pool = message.pool;
  if (message.estimatedTokens !== 0) job.estimatedTokens = message.estimatedTokens;
  if (message.redrivenFrom !== "") job.redrivenFrom = message.redrivenFrom;
  for (const name of times) {
    const time: Timestamp | undefined = message[name];
    if (time !== undefined) job[name] = timestampDate(time);
  }
  return job;
}

const times = ["submitTime", "startTime", "finishTime", "runAt", "expiresAt", "deadline"] as const;

/** What a worker called JSON and is not stays text: one bad result must not break a stream of others. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
