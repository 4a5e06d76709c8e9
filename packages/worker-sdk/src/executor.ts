export interface UsageDelta {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly providerCalls?: number;
  /** CPU time in milliseconds. In the order between keys, a second costs as much as 1,000 tokens. */
  readonly computeMs?: number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** One attempt, as its executor sees it. */
export interface AttemptContext {
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
  /** The job's input, parsed from JSON. Nothing else is checked. */
  readonly payload: unknown;
  readonly documentIds: readonly string[];
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The job must have finished by this time, in milliseconds since the Unix epoch. */
  readonly deadlineMs: number | undefined;
  /** W3C trace context of the attempt. */
  readonly traceparent: string;
  readonly tracestate: string;
  /** Aborts when the attempt must stop: it was cancelled, is late, was handed back, or lost its lease. */
  readonly signal: AbortSignal;
  /**
   * Sends text to the callers that watch the job. Await it: it resolves at once while little is unacknowledged,
   * and otherwise when the scheduler has caught up. It rejects once the attempt must stop or the job's output is
   * full.
   */
  write(text: string): Promise<void>;
  /** Like `write`. Of several unsent reports only the last one is sent. */
  progress(done: number, total: number, message: string): Promise<void>;
  /** Adds to the attempt's usage, which is reported with its outcome, even if the attempt fails. */
  addUsage(usage: UsageDelta): void;
  readonly log: Log;
}

/** Runs jobs of one type. The returned value is the job's result and must be JSON, at most 1 MiB. */
export type Executor = (context: AttemptContext) => Promise<unknown>;
