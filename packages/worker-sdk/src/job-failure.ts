/**
 * How a model provider answered a call that failed. The scheduler pauses the account for every worker after a refusal
 * (429, 503, 529), and once several jobs in a row have met failures (408, 500 and more, no answer).
 */
export interface ProviderRefusal {
  readonly account: string;
  /** 0: it could not be reached, broke off, or said nothing for too long. */
  readonly httpStatus: number;
  /** The account's money or quota is used up: waiting does not help. */
  readonly quotaExhausted: boolean;
  readonly rateLimitHeaders?: Readonly<Record<string, string>>;
}

export interface JobFailureOptions {
  /** Not before this many milliseconds; left out, the job's own backoff decides. */
  readonly retryAfterMs?: number;
  readonly provider?: ProviderRefusal;
  readonly cause?: unknown;
}

/** Thrown by an executor to classify how its attempt failed. Anything else thrown is retryable. */
export class JobFailure extends Error {
  override readonly name: string = "JobFailure";
  /** Stable, upper snake case: programs branch on it. */
  readonly reason: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly provider: ProviderRefusal | undefined;

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
  }
}

/** Another attempt would fail in the same way. */
export class NonRetryableError extends JobFailure {
  override readonly name = "NonRetryableError";

  constructor(reason: string, message: string, options: JobFailureOptions = {}) {
    super(reason, message, false, options);
  }
}
