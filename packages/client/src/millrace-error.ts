import { type ServiceError, status } from "@grpc/grpc-js";
import { type FieldViolation, statusOfError, unpackDetails } from "@millrace/grpc";
import type { Status } from "@millrace/proto/rpc-status";
import type { Reason } from "@millrace/shared";

/** gRPC's names, and the ways in which a job that `run` waited for ends without a result. */
export type ErrorCode = keyof typeof status | "JOB_FAILED" | "JOB_CANCELLED" | "JOB_EXPIRED";

/** What only this client says: the answer to a submission was lost, or `close` came first. */
export type ClientReason = "ANSWER_LOST" | "CLOSED";

/** One thing wrong with a request: `field` is a path such as `jobs[1].queue`. */
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

/** Everything that Millrace refuses and every call that fails. Branch on `code` and `reason`; `message` is for people. */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  readonly code: ErrorCode;
  /** Stable. A job's own where `code` is JOB_FAILED; undefined where the network and not Millrace said no. */
  readonly reason: Reason | ClientReason | (string & {}) | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** What is wrong with the request, field by field. */
  readonly violations: readonly Violation[];
  /** How long to wait before another try, where Millrace says so. */
  readonly retryAfterMs: number | undefined;
  /** The same call may succeed later, and making it again is safe. */
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

/** The error that a `google.rpc.Status` says. Its reason may be one that this version does not know. */
export function errorOfStatus(rpcStatus: Status, cause?: unknown): MillraceError {
  const { reason, metadata, violations, retryDelayMs } = unpackDetails(rpcStatus);
  return new MillraceError({
    code: (status[rpcStatus.code] ?? "UNKNOWN") as keyof typeof status,
    message: rpcStatus.message,
    ...{ reason, metadata, violations, cause },
    retryAfterMs: retryDelayMs,
  });
}

/** What grpc-js reports, as what the server meant. */
export const errorOfCall = (error: ServiceError): MillraceError =>
  errorOfStatus(statusOfError(error), error);
