import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  type FieldViolation,
  packStatus,
  statusMetadata,
  statusOfError,
  unpackDetails,
} from "@millrace/grpc";
import type { Status } from "@millrace/proto/rpc-status";
import { DocumentStoreFault, type Reason, reasons } from "@millrace/shared";

export type { FieldViolation } from "@millrace/grpc";

/** The only table from a reason to what callers see: the gRPC code, and the HTTP status. */
const outcomes: Readonly<Record<Reason, readonly [code: status, http: number]>> = {
  MALFORMED: [status.INVALID_ARGUMENT, 400],
  UNKNOWN_JOB_TYPE: [status.INVALID_ARGUMENT, 400],
  TOO_LARGE: [status.INVALID_ARGUMENT, 413],
  MEDIA_TYPE: [status.INVALID_ARGUMENT, 415],
  COMPRESSED: [status.UNIMPLEMENTED, 415],
  // gRPC demands this code, although the error is the caller's.
  COMPRESSED_FLAG: [status.INTERNAL, 400],
  DOCUMENT_EMPTY: [status.INVALID_ARGUMENT, 400],
  DOCUMENT_TYPE_MISMATCH: [status.INVALID_ARGUMENT, 415],
  UPLOAD_DIFFERS: [status.INVALID_ARGUMENT, 422],
  DOCUMENT_ENCRYPTED: [status.INVALID_ARGUMENT, 422],
  DOCUMENT_UNREADABLE: [status.INVALID_ARGUMENT, 422],
  DOCUMENT_NO_TEXT: [status.INVALID_ARGUMENT, 422],
  UNAUTHENTICATED: [status.UNAUTHENTICATED, 401],
  // A token of a service or an operator was refused; this is never about a caller's API key.
  TOKEN_REJECTED: [status.UNAUTHENTICATED, 401],
  NOT_ALLOWED: [status.PERMISSION_DENIED, 403],
  PRIORITY_NOT_ALLOWED: [status.PERMISSION_DENIED, 403],
  JOB_NOT_FOUND: [status.NOT_FOUND, 404],
  QUEUE_NOT_FOUND: [status.NOT_FOUND, 404],
  MODEL_NOT_FOUND: [status.NOT_FOUND, 404],
  DOCUMENT_NOT_FOUND: [status.NOT_FOUND, 404],
  UPLOAD_NOT_FOUND: [status.NOT_FOUND, 404],
  GROUP_NOT_FOUND: [status.NOT_FOUND, 404],
  SCHEDULE_NOT_FOUND: [status.NOT_FOUND, 404],
  KEY_NOT_FOUND: [status.NOT_FOUND, 404],
  ACCOUNT_NOT_FOUND: [status.NOT_FOUND, 404],
  WEBHOOK_NOT_FOUND: [status.NOT_FOUND, 404],
  DELIVERY_NOT_FOUND: [status.NOT_FOUND, 404],
  IDEMPOTENCY_CONFLICT: [status.ALREADY_EXISTS, 409],
  SCHEDULE_EXISTS: [status.ALREADY_EXISTS, 409],
  WEBHOOK_NAME_TAKEN: [status.ALREADY_EXISTS, 409],
  MODEL_NAME_TAKEN: [status.ALREADY_EXISTS, 409],
  DEPTH_FULL: [status.RESOURCE_EXHAUSTED, 429],
  STORE_FULL: [status.RESOURCE_EXHAUSTED, 429],
  STORED_BYTES_FULL: [status.RESOURCE_EXHAUSTED, 429],
  SCHEDULES_FULL: [status.RESOURCE_EXHAUSTED, 429],
  CATALOGUE_FULL: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_STREAMS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_SUBMISSIONS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_UPLOADS: [status.RESOURCE_EXHAUSTED, 429],
  UPLOAD_TIMEOUT: [status.DEADLINE_EXCEEDED, 408],
  SYNC_WAIT_OVER: [status.DEADLINE_EXCEEDED, 408],
  TOO_MANY_UNFINISHED: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_KEY_LOOKUPS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_AWAITED: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_WEBHOOKS: [status.RESOURCE_EXHAUSTED, 429],
  REQUEST_TOO_SLOW: [status.DEADLINE_EXCEEDED, 408],
  LEASE_LOST: [status.ABORTED, 409],
  CHANGED_MEANWHILE: [status.ABORTED, 409],
  DOCUMENT_IN_USE: [status.FAILED_PRECONDITION, 409],
  UPLOAD_INCOMPLETE: [status.FAILED_PRECONDITION, 409],
  ILLEGAL_TRANSITION: [status.FAILED_PRECONDITION, 409],
  GROUP_CLOSED: [status.FAILED_PRECONDITION, 409],
  // No retry helps: a child that has ended still counts.
  GROUP_FULL: [status.FAILED_PRECONDITION, 409],
  FAN_OUT_DIFFERS: [status.FAILED_PRECONDITION, 409],
  // The job's quote does not keep the condition that its caller set.
  COST_NOT_KNOWN: [status.FAILED_PRECONDITION, 409],
  COST_ABOVE_LIMIT: [status.FAILED_PRECONDITION, 409],
  DEADLINE_IMPOSSIBLE: [status.FAILED_PRECONDITION, 409],
  OUTPUT_GONE: [status.OUT_OF_RANGE, 410],
  DRAINING: [status.UNAVAILABLE, 503],
  STORE_UNAVAILABLE: [status.UNAVAILABLE, 503],
  DOCUMENT_STORE_UNAVAILABLE: [status.UNAVAILABLE, 503],
  // An operator has to change something first, so no retry helps.
  DOCUMENT_STORE_REFUSED: [status.FAILED_PRECONDITION, 503],
  SCHEDULER_UNAVAILABLE: [status.UNAVAILABLE, 503],
  // The operator has to set something first, so no retry helps.
  WEBHOOKS_NOT_SET_UP: [status.UNIMPLEMENTED, 501],
  NO_OBJECT_STORE: [status.UNIMPLEMENTED, 501],
  NOT_IMPLEMENTED: [status.UNIMPLEMENTED, 501],
  ROUTE_NOT_FOUND: [status.UNIMPLEMENTED, 404],
  METHOD_NOT_ALLOWED: [status.UNIMPLEMENTED, 405],
  INTERNAL: [status.INTERNAL, 500],
};

/** The HTTP status of a fault that the transport made, which has no reason. */
const httpOfCode: Readonly<Record<status, number>> = {
  [status.OK]: 200,
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 409,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 410,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
};

export const codeOfReason = (reason: Reason): status => outcomes[reason][0];

export const httpStatusOf = ({ reason, code }: RpcFault): number =>
  reason === undefined ? httpOfCode[code] : outcomes[reason][1];

export interface RpcErrorInit {
  readonly reason: Reason;
  /** The message for people. It reaches the caller: no secrets, no internals. */
  readonly message: string;
  /** Details for programs, besides the reason. They reach the caller. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** How long the caller should wait before it retries. */
  readonly retryDelayMs?: number;
  /** The cause is logged, and never sent. */
  readonly cause?: unknown;
}

/** The status that a failed call ends with. Handlers throw it to the server, and clients to their callers. */
export class RpcFault extends Error {
  override readonly name = "RpcFault";
  readonly code: status;
  /** Undefined if the transport, and not Millrace, made the status. */
  readonly reason: Reason | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryDelayMs: number | undefined;

  constructor(code: status, reason: Reason | undefined, init: Omit<RpcErrorInit, "reason">) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.reason = reason;
    this.metadata = init.metadata ?? {};
    this.violations = init.violations ?? [];
    this.retryDelayMs = init.retryDelayMs;
  }
}

/** Makes the fault of a reason, from which its code follows. */
export const rpcError = (init: RpcErrorInit): RpcFault =>
  new RpcFault(codeOfReason(init.reason), init.reason, init);

/** A handler for an RPC that the contract has and this service does not implement. */
export const notImplemented = (): never => {
  throw rpcError({ reason: "NOT_IMPLEMENTED", message: "this method is not implemented" });
};

/** Whether a thrown value says what happened, and is no bug. */
export const isExpected = (error: unknown): boolean =>
  error instanceof RpcFault || error instanceof DocumentStoreFault;

/** Turns any thrown value into a fault. A value that is no fault becomes INTERNAL, and only `cause` keeps its content. */
export function asRpcFault(error: unknown): RpcFault {
  if (error instanceof RpcFault) return error;
  if (error instanceof DocumentStoreFault) {
    return rpcError({ reason: error.reason, message: error.message, cause: error });
  }
  return rpcError({ reason: "INTERNAL", message: "internal error", cause: error });
}

/** Writes a fault as `google.rpc.Status`, for replies with an error per item. */
export const toRpcStatus = (fault: RpcFault): Status => packStatus(fault);

export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Writes a fault as the trailers of a call. */
export const toGrpcStatus = (fault: RpcFault): GrpcStatus => ({
  code: fault.code,
  details: fault.message,
  metadata: statusMetadata(toRpcStatus(fault)),
});

/** Reads the fault from a `google.rpc.Status`. */
export function fromRpcStatus(rpcStatus: Status, cause?: unknown): RpcFault {
  const { reason, metadata, violations, retryDelayMs } = unpackDetails(rpcStatus);
  const known = reasons.find((one) => one === reason);
  return new RpcFault(rpcStatus.code, known, {
    ...{ message: rpcStatus.message, metadata, violations },
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
    cause,
  });
}

/** Reads the fault from an error of a grpc-js client. */
export const fromGrpcError = (error: ServiceError): RpcFault =>
  fromRpcStatus(statusOfError(error), error);
