import { type ServiceError, status } from "@grpc/grpc-js";
import { statusOfError, unpackDetails } from "@millrace/grpc";
import { JobFailure } from "../job-failure.ts";

/** The status that a scheduler, or the connection to it, answered a call with. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  readonly code: status;
  /** Undefined if the connection, and not a scheduler, made the status. */
  readonly reason: string | undefined;
  readonly retryDelayMs: number | undefined;

  constructor(error: ServiceError) {
    super(error.details, { cause: error });
    this.code = error.code;
    const { reason, retryDelayMs } = unpackDetails(statusOfError(error));
    this.reason = reason;
    this.retryDelayMs = retryDelayMs;
  }
}

/** Statuses that pass when a scheduler, or Redis, can be reached again. */
const passing: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED]);
/** Statuses that may pass, but may also need somebody: a limit is reached, or tokens are being rotated. */
const slowlyPassing: ReadonlySet<status> = new Set([
  status.RESOURCE_EXHAUSTED,
  status.UNAUTHENTICATED,
]);
/** Statuses that a broken connection may cause. With a reason they come from a scheduler, and do not pass. */
const broken: ReadonlySet<status> = new Set([status.CANCELLED, status.UNKNOWN, status.INTERNAL]);
/** Statuses that another attempt would get too. */
const lasting: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.NOT_FOUND,
  status.FAILED_PRECONDITION,
]);

export const passes = (error: unknown): boolean =>
  error instanceof CallRefused && passing.has(error.code);

export const passesSlowly = (error: unknown): boolean =>
  error instanceof CallRefused &&
  (slowlyPassing.has(error.code) || (error.reason === undefined && broken.has(error.code)));

export const isLeaseLost = (error: unknown): boolean =>
  error instanceof CallRefused && error.code === status.ABORTED;

/** How an attempt fails whose executor does not handle a refused call. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof CallRefused)) return error;
  const { code, reason = "SCHEDULER_REFUSED", message, retryDelayMs, cause } = error;
  return new JobFailure(reason, message, !lasting.has(code), {
    ...(retryDelayMs === undefined ? {} : { retryAfterMs: retryDelayMs }),
    cause,
  });
}
