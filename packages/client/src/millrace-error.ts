import { type ServiceError, status } from "@grpc/grpc-js";
import { type FieldViolation, statusOfError, unpackDetails } from "@millrace/grpc";
import type { Status } from "@millrace/proto/rpc-status";
import type { Reason } from "@millrace/shared";

/** The codes of gRPC, and the ways in which a job that `run` waits for can end without a result. */
export type ErrorCode = keyof typeof status | "JOB_FAILED" | "JOB_CANCELLED" | "JOB_EXPIRED";

/** Reasons that only this client reports: the answer to a submission was lost, or the client was closed first. */
export type ClientReason = "ANSWER_LOST" | "CLOSED";

/** One fault in a request. `field` is a path such as `jobs[1].queue`. */
export type Violation = FieldViolation;

interface ErrorParts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  readonly retryAfterMs?: number | undefined;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A call that failed or that Millrace refused. Branch on `code` and `reason`. `message` is for people. */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  readonly code: ErrorCode;
  /** Stable. If `code` is JOB_FAILED, this is the job's own reason. Undefined if the failure came from the network. */
  readonly reason: Reason | ClientReason | (string & {}) | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** The faults of the request, field by field. */
  readonly violations: readonly Violation[];
  /** How long to wait before the next try, if Millrace said so. In milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** True if the same call may succeed later and is safe to make again. */
  readonly retryable: boolean;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.reason = parts.reason;
    this.metadata = parts.metadata ?? {};
    this.violations = parts.violations ?? [];
    this.retryAfterMs = parts.retryAfterMs;
    this.retryable =
      parts.retryable ?? (parts.code === "UNAVAILABLE" || parts.retryAfterMs !== undefined);
  }
}

export const closedError = (): MillraceError =>
  new MillraceError({ code: "CANCELLED", reason: "CLOSED", message: "the client is closed" });

export const cancelledError = (signal: AbortSignal): MillraceError =>
  new MillraceError({
    code: "CANCELLED",
    message: "cancelled by the caller",
    cause: signal.reason,
  });

/** Converts a `google.rpc.Status`. Its reason may be one that this version does not know. */
export function errorOfStatus(rpcStatus: Status, cause?: unknown): MillraceError {
  const { reason, metadata, violations, retryDelayMs } = unpackDetails(rpcStatus);
  return new MillraceError({
    code: (status[rpcStatus.code] ?? "UNKNOWN") as keyof typeof status,
    message: rpcStatus.message,
    ...{ reason, metadata, violations, cause },
    retryAfterMs: retryDelayMs,
  });
}

/** Converts an error of grpc-js to the error that the server reported. */
export const errorOfCall = (error: ServiceError): MillraceError =>
  errorOfStatus(statusOfError(error), error);
