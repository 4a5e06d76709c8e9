/**
 * How a model provider answered a call that failed. After a refusal (429, 503, 529) the scheduler starts a
 * cool-down of the account for all workers. It does the same once several jobs in a row have met failures (401,
 * 402 and 403, by which the account is not accepted, 408, 500 and above, no answer).
 */
export interface ProviderRefusal {
  readonly account: string;
  /** At most 599. 0 if the provider could not be reached, broke the connection, or did not answer in time. */
  readonly httpStatus: number;
  /** The account's money or quota is used up, so waiting does not help. */
  readonly quotaExhausted: boolean;
  readonly rateLimitHeaders?: Readonly<Record<string, string>>;
}

export interface JobFailureOptions {
  /** The least wait before the next attempt, in milliseconds. Default: the job's own backoff. */
  readonly retryAfterMs?: number;
  readonly provider?: ProviderRefusal;
  /**
   * What the executor knows of the failure beyond its reason, for programs: a value that JSON represents as an object, at
   * most 2 KiB. Larger details are left out.
   */
  readonly details?: object;
  readonly cause?: unknown;
}

/** An executor throws it to classify how its attempt failed. Every other thrown error is retryable. */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
  /** Stable, upper snake case. Programs branch on it. */
  readonly reason: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly provider: ProviderRefusal | undefined;
  readonly details: object | undefined;

  constructor(
    reason: string,
    message: string,
    retryable: boolean,
    options: JobFailureOptions = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.retryable = retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.provider = options.provider;
    this.details = options.details;
  }
}

/** An executor throws it if another attempt would fail in the same way. */
export class NonRetryableError extends JobFailure {
  override readonly name = "NonRetryableError";

  constructor(reason: string, message: string, options: JobFailureOptions = {}) {
    super(reason, message, false, options);
  }
}
