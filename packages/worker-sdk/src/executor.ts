export interface UsageDelta {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly providerCalls?: number;
  /** CPU time, milliseconds: in the order between keys, a second costs as much as 1,000 tokens. */
  readonly computeMs?: number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** One attempt, as its executor sees it. */
export interface ExecutionContext {
  readonly jobId: string;
  readonly queue: string;
  /** The API key that the job belongs to, by id. */
  readonly keyId: string;
  readonly type: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** When the attempt began here, milliseconds since the Unix epoch, by the worker's clock. */
  readonly startedMs: number;
  /** The job's input, parsed from JSON and not checked further. */
  readonly payload: unknown;
  readonly documentIds: readonly string[];
  readonly pool: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The latest finish, milliseconds since the Unix epoch. */
  readonly deadlineMs: number | undefined;
  /** W3C trace context of the attempt. */
  readonly traceparent: string;
  readonly tracestate: string;
  /** Aborts when the attempt is to stop: cancelled, late, lost or handed back. */
  readonly signal: AbortSignal;
  /**
   * Sends text to whoever watches the job. Resolves at once while little is unacknowledged, else
   * when the scheduler has caught up: await it. Rejects once the attempt is to stop or the job's
   * output is full.
   */
  write(text: string): Promise<void>;
  /** Like `write`; of several reports not yet sent only the last one is. */
  progress(done: number, total: number, message: string): Promise<void>;
  /** Adds to what the attempt has spent; reported with its outcome, also if it fails. */
  addUsage(usage: UsageDelta): void;
  readonly log: Log;
}

/** Runs one kind of job. The returned value is the job's result and must be JSON (at most 1 MiB). */
export type Executor = (context: ExecutionContext) => Promise<unknown>;
