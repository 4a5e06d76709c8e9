import type { JobState } from "@millrace/shared";
import type { NewDocument, StoredDocument } from "./calls/new-document.ts";
import type {
  ChildResult,
  Children,
  ChildrenInTurn,
  FanOutManyOptions,
  FanOutManyResult,
  FanOutOptions,
  FanOutResult,
} from "./groups/contract.ts";
import type { AttemptModels } from "./models/contract.ts";
import type { UsageDelta } from "./usage-delta.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** What became of an attempt. */
export interface SettledAttempt {
  /** The job's state after the attempt. */
  readonly state: JobState;
  /**
   * True if the provider refused the attempt or is down, or there was no room for what the attempt wanted to store, and the job runs
   * again: no attempt was spent.
   */
  readonly bounced: boolean;
}

/** One attempt, as its executor sees it. */
export interface AttemptContext<Payload = unknown> {
  readonly jobId: string;
  readonly queue: string;
  /** The id of the API key that the job belongs to. */
  readonly keyId: string;
  readonly type: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** When the attempt began in this worker, in milliseconds since the Unix epoch, by the worker's clock. */
  readonly startedMs: number;
  /** The job's input, parsed from JSON. Only `defineExecutor` checks more. */
  readonly payload: Payload;
  readonly documentIds: readonly string[];
  readonly pool: string;
  /** The provider account that the scheduler chose for this attempt of a job that names a model; else empty. */
  readonly account: string;
  /** The model to call, in the words of that account's provider; else empty. */
  readonly providerModel: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The job must have finished by this time, in milliseconds since the Unix epoch. */
  readonly deadlineMs: number | undefined;
  /** W3C trace context of the attempt. */
  readonly traceparent: string;
  readonly tracestate: string;
  /** Undefined in a run from the beginning. Else the executor runs again after it fanned out `fanOuts` times. */
  readonly resumed: { readonly fanOuts: number } | undefined;
  /** What an earlier attempt, or the run before a fan-out, saved by `checkpoint`. Undefined if nothing was saved. */
  readonly lastCheckpoint: unknown;
  /** The group whose finalizer the job is, if it is one. */
  readonly finalizesGroupId: string | undefined;
  /** The schedule that submitted the job, if one did. */
  readonly scheduleId: string | undefined;
  /** The due time of that run, without jitter, in milliseconds since the Unix epoch. */
  readonly scheduleDueMs: number | undefined;
  /** Aborts when the attempt must stop: it was cancelled, is late, waits, was handed back, or lost its lease. */
  readonly signal: AbortSignal;
  /**
   * Sends text to the callers that watch the job. Await it: it resolves at once while little is unacknowledged,
   * and otherwise when the scheduler has caught up. It rejects once the attempt must stop or the job's output is
   * full.
   */
  write(text: string): Promise<void>;
  /**
   * Like `write`, for bytes. Watchers get them as chunks of data, of at most 64 KiB each: longer bytes are split, and what
   * is written by one call is never joined with others.
   */
  writeData(data: Uint8Array): Promise<void>;
  /** Like `write`. Of several unsent reports only the last one is sent. */
  progress(done: number, total: number, message: string): Promise<void>;
  /** Adds to the attempt's usage, which is reported with its outcome, even if the attempt fails. */
  addUsage(usage: UsageDelta): void;
  /**
   * Hands jobs over to other workers, and returns what they gave. The first time, it throws WaitingForChildren: the
   * attempt then ends and holds no slot. When the children have ended, the executor is called again from its beginning,
   * and the same call returns. So the executor must make the same calls of `fanOut` in the same order each time;
   * otherwise the job fails with the reason FAN_OUT_DIFFERS.
   */
  fanOut(children: Children, options?: FanOutOptions): Promise<FanOutResult>;
  /**
   * As `fanOut`, for more children than memory should hold: a function makes them one by one, and what they gave is read when
   * it is asked for. If an attempt ends before all are handed over, the next one goes on after the last that is stored. So
   * the function must make the same children each time that `plan` is the same. It may end early: then the job waits
   * for the children that there are.
   */
  fanOutMany(children: ChildrenInTurn, options: FanOutManyOptions): Promise<FanOutManyResult>;
  /** Reads what the children of the group gave whose finalizer the job is, in order. */
  children(): AsyncIterable<ChildResult>;
  /**
   * Reads the content of one of `documentIds` from the scheduler, which needs MILLRACE_DOCUMENTS_DIR. An executor that does not
   * handle a refusal fails by it. A worker that shares the gateways' directory reads documents there faster.
   */
  readDocument(documentId: string): AsyncIterable<Uint8Array>;
  /**
   * Stores a document under the API key of the job, such as a result that is longer than 1 MiB: return its id in the result.
   * It counts against what the documents of the key may take, and is kept as documents are that callers upload. The scheduler
   * needs a document store that it may write to. An executor that does not handle a refusal fails by it.
   */
  storeDocument(document: NewDocument): Promise<StoredDocument>;
  /**
   * Calls the model that the scheduler chose for the attempt, or that of the account that is the job's pool. It needs the
   * worker's option `models`.
   */
  readonly models: AttemptModels;
  /** Stores a JSON value, at most 256 KiB, in place of the one before. The next attempt gets it as `lastCheckpoint`. */
  checkpoint(value: unknown): Promise<void>;
  /**
   * Resolves after the executor has returned, when the scheduler has stored how the attempt ended; with undefined if its
   * lease was lost. Never rejects. An executor must not await it.
   */
  readonly settled: Promise<SettledAttempt | undefined>;
  readonly log: Log;
}

/** Runs jobs of one type. The returned value is the job's result and must be JSON, at most 1 MiB. */
export type Executor<Payload = unknown, Result = unknown> = (
  context: AttemptContext<Payload>,
) => Promise<Result>;
