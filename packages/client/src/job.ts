import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  durationFromMs,
  type Timestamp,
  timestampDate,
  timestampFromDate,
} from "@bufbuild/protobuf/wkt";
import {
  type JobFailure as FailureMessage,
  type Job as JobMessage,
  type JobSpecSchema,
  JobState as StateMessage,
} from "@millrace/proto/job";
import { type JobState, jsonText } from "@millrace/shared";
import { parsed } from "./parsed.ts";
import { type Callback, callbackMessage, callbackOf } from "./webhook.ts";

export type { JobState } from "@millrace/shared";

/** A job to submit. Only `queue` and `type` are required. */
export interface NewJob {
  readonly queue: string;
  /** Chooses the executor that runs the job, for example "summarize". */
  readonly type: string;
  /** The executor's input: an object that can be written as JSON, at most 256 KiB long. */
  readonly payload?: object;
  /** Documents that the job reads. The same API key must have uploaded them before. */
  readonly documentIds?: readonly string[];
  /** From 1 (most urgent) to 100. Default 50. */
  readonly priority?: number;
  /** Makes submission idempotent: the same key with the same content returns the job that exists. */
  readonly idempotencyKey?: string;
  /** The capability or provider account that the job needs. */
  readonly pool?: string;
  /** The model that the job needs, or an alias of it, as the catalogue of the operators names it. Not with a pool. */
  readonly model?: string;
  readonly estimatedTokens?: number;
  /** The job does not start before this time. */
  readonly runAt?: Date;
  /** The job must have started by this time. */
  readonly expiresAt?: Date;
  /** The job must have finished by this time. */
  readonly deadline?: Date;
  readonly retry?: {
    readonly maxAttempts?: number;
    readonly initialBackoffMs?: number;
    readonly maxBackoffMs?: number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  /** Holds back jobs that have the same deduplication key. */
  readonly deduplication?: { readonly key: string } & (
    | { readonly throttleMs: number }
    | { readonly debounceMs: number }
  );
  /** W3C trace context. Default: the context of the active OpenTelemetry span, if there is one. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /**
   * The submission is refused (COST_ABOVE_LIMIT, COST_NOT_KNOWN) if the high amount of the job's quote is more than this, in
   * micro-dollars.
   */
  readonly maxCostMicros?: number;
  /** The submission is refused (DEADLINE_IMPOSSIBLE) if the job would probably miss its deadline at the present pace. */
  readonly refuseLate?: boolean;
  /** The group that the job joins. It must be open, and in the job's queue. */
  readonly groupId?: string;
  /** A URL to which the job's end is sent. */
  readonly callback?: Callback;
}

/** Why a job or an attempt failed. */
export interface JobFailure {
  /** Stable, upper snake case. */
  readonly reason: string;
  readonly message: string;
  readonly retryable: boolean;
  /** What the executor knows of the failure beyond its reason. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly providerCalls: number;
  /** CPU time that the worker measured, in milliseconds. 0 if it measured none. */
  readonly computeMs: number;
  /** The part of inputTokens that the provider had in its cache. */
  readonly cachedInputTokens: number;
  /** The part of outputTokens that the model spent on thought. */
  readonly reasoningTokens: number;
  /** The model that was called last. "" if the worker named none. */
  readonly model: string;
  /**
   * What the attempts cost whose price was known, in micro-dollars (millionths of a US dollar). Absent: none had a price.
   */
  readonly costMicros?: number;
  /** How many attempts of the job's model had no known price, so that costMicros lacks them. Absent: none. */
  readonly unpricedAttempts?: number;
}

/** The way by which an attempt of a job calls its model. */
export interface JobRoute {
  readonly account: string;
  /** What the provider calls the model. */
  readonly model: string;
}

export interface Job<Result = unknown> {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  readonly state: JobState;
  readonly priority: number;
  /** The current or last attempt, counted from 1. 0 before the first attempt. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** As submitted. Lists and events leave it out. */
  readonly payload?: unknown;
  /** What the executor returned, once the job is SUCCEEDED. Lists leave it out. */
  readonly result?: Result;
  /** Why the job ended without a result, or why its last attempt failed. */
  readonly failure?: JobFailure;
  /** The usage of all attempts together. */
  readonly usage?: Usage;
  readonly documentIds: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly pool?: string;
  /** The model's own name, also if the job was submitted with an alias. */
  readonly model?: string;
  /** The route of the attempt that runs or ran last, if the job names a model. */
  readonly route?: JobRoute;
  readonly estimatedTokens?: number;
  readonly submitTime?: Date;
  /** When the last attempt started. */
  readonly startTime?: Date;
  readonly finishTime?: Date;
  /** When a SCHEDULED job will be queued. */
  readonly runAt?: Date;
  readonly expiresAt?: Date;
  readonly deadline?: Date;
  /** How many output chunks there are so far. */
  readonly outputOffset: number;
  readonly cancelRequested: boolean;
  /** How often the job lost its worker. */
  readonly stalls: number;
  /** How often a provider refused the job for load, or it found no room for its children or documents. */
  readonly bounces: number;
  /** The dead letter that this job was made from. */
  readonly redrivenFrom?: string;
  /** The group in which the job is a child. */
  readonly groupId?: string;
  /** The groups whose children the job waits for, or has waited for, in order. */
  readonly childGroupIds: readonly string[];
  /** The id of the job's trace, if its caller or the gateway traces. */
  readonly traceId?: string;
  /** The schedule that submitted the job. */
  readonly scheduleId?: string;
  /** The due time of that run, without jitter. */
  readonly scheduleDueTime?: Date;
  readonly callback?: Callback;
}

type SpecInit = MessageInitShape<typeof JobSpecSchema>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Throws the error of JSON.stringify if the payload cannot be written as JSON. */
export function specOf(job: NewJob): SpecInit {
  const spec: Mutable<SpecInit> = { queue: job.queue, type: job.type };
  if (job.payload !== undefined) {
    spec.payload = { case: "payloadJson", value: jsonText(job.payload) };
  }
  if (job.documentIds !== undefined) spec.documentIds = [...job.documentIds];
  if (job.priority !== undefined) spec.priority = job.priority;
  if (job.idempotencyKey !== undefined) spec.idempotencyKey = job.idempotencyKey;
  if (job.pool !== undefined) spec.pool = job.pool;
  if (job.model !== undefined) spec.model = job.model;
  if (job.estimatedTokens !== undefined) spec.estimatedTokens = job.estimatedTokens;
  if (job.runAt !== undefined) spec.runAt = timestampFromDate(job.runAt);
  if (job.expiresAt !== undefined) spec.expiresAt = timestampFromDate(job.expiresAt);
  if (job.deadline !== undefined) spec.deadline = timestampFromDate(job.deadline);
  if (job.retry !== undefined) spec.retry = retryOf(job.retry);
  if (job.labels !== undefined) spec.labels = { ...job.labels };
  if (job.deduplication !== undefined) spec.deduplication = deduplicationOf(job.deduplication);
  if (job.traceparent !== undefined) spec.traceparent = job.traceparent;
  if (job.tracestate !== undefined) spec.tracestate = job.tracestate;
  if (job.groupId !== undefined) spec.groupId = job.groupId;
  if (job.maxCostMicros !== undefined) spec.maxCostMicros = BigInt(job.maxCostMicros);
  if (job.refuseLate !== undefined) spec.refuseLate = job.refuseLate;
  if (job.callback !== undefined) spec.callback = callbackMessage(job.callback);
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

/** A newer gateway may send states that this client does not know. Their name is then their number. */
export const jobStateOf = (state: StateMessage): JobState =>
  (StateMessage[state] ?? String(state)) as JobState;

export function failureOf(failure: FailureMessage | undefined): JobFailure | undefined {
  if (failure === undefined) return undefined;
  const { reason, message, retryable, detailsJson } = failure;
  const details = detailsJson === "" ? undefined : parsed(detailsJson);
  return {
    ...{ reason, message, retryable },
    ...(details === undefined ? {} : { details: details as Record<string, unknown> }),
  };
}

export function jobOf<Result>(message: JobMessage): Job<Result> {
  const { usage } = message;
  const failure = failureOf(message.failure);
  const job: Mutable<Job<Result>> = {
    id: message.id,
    queue: message.queue,
    type: message.type,
    state: jobStateOf(message.state),
    priority: message.priority,
    attempt: message.attempt,
    maxAttempts: message.maxAttempts,
    documentIds: message.documentIds,
    labels: message.labels,
    outputOffset: Number(message.outputOffset),
    cancelRequested: message.cancelRequested,
    stalls: message.stalls,
    bounces: message.bounces,
    childGroupIds: message.childGroupIds,
  };
  if (message.payloadJson !== "") job.payload = parsed(message.payloadJson);
  if (message.resultJson !== "") job.result = parsed(message.resultJson) as Result;
  if (failure !== undefined) job.failure = failure;
  if (usage !== undefined) {
    job.usage = {
      inputTokens: Number(usage.inputTokens),
      outputTokens: Number(usage.outputTokens),
      providerCalls: usage.providerCalls,
      computeMs: Number(usage.computeMs),
      cachedInputTokens: Number(usage.cachedInputTokens),
      reasoningTokens: Number(usage.reasoningTokens),
      model: usage.model,
      ...(usage.costMicros === undefined ? {} : { costMicros: Number(usage.costMicros) }),
      ...(usage.unpricedAttempts === 0 ? {} : { unpricedAttempts: usage.unpricedAttempts }),
    };
  }
  if (message.idempotencyKey !== "") job.idempotencyKey = message.idempotencyKey;
  if (message.pool !== "") job.pool = message.pool;
  if (message.model !== "") job.model = message.model;
  if (message.route !== undefined) {
    job.route = { account: message.route.account, model: message.route.model };
  }
  if (message.estimatedTokens !== 0) job.estimatedTokens = message.estimatedTokens;
  if (message.redrivenFrom !== "") job.redrivenFrom = message.redrivenFrom;
  if (message.traceId !== "") job.traceId = message.traceId;
  if (message.groupId !== "") job.groupId = message.groupId;
  if (message.scheduleId !== "") job.scheduleId = message.scheduleId;
  if (message.callback !== undefined) job.callback = callbackOf(message.callback);
  for (const name of times) {
    const time: Timestamp | undefined = message[name];
    if (time !== undefined) job[name] = timestampDate(time);
  }
  return job;
}

const times = [
  ...(["submitTime", "startTime", "finishTime", "runAt", "expiresAt", "deadline"] as const),
  "scheduleDueTime",
] as const;
