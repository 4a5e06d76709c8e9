import { create, createRegistry, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  anyPack,
  anyUnpack,
  DurationSchema,
  durationFromMs,
  durationMs,
} from "@bufbuild/protobuf/wkt";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@millrace/proto/rpc-error-details";
import { type Status, StatusSchema } from "@millrace/proto/rpc-status";
import { errorDomain, type Reason, reasons } from "@millrace/shared";

/** The one table from an outcome's reason to what callers see: the gRPC code, and the status over HTTP. */
const outcomes: Readonly<Record<Reason, readonly [code: status, http: number]>> = {
  MALFORMED: [status.INVALID_ARGUMENT, 400],
  UNKNOWN_JOB_TYPE: [status.INVALID_ARGUMENT, 400],
  TOO_LARGE: [status.INVALID_ARGUMENT, 413],
  MEDIA_TYPE: [status.INVALID_ARGUMENT, 415],
  COMPRESSED: [status.UNIMPLEMENTED, 415],
  // As gRPC demands it, though the caller is to blame.
  COMPRESSED_FLAG: [status.INTERNAL, 400],
  DOCUMENT_EMPTY: [status.INVALID_ARGUMENT, 400],
  DOCUMENT_TYPE_MISMATCH: [status.INVALID_ARGUMENT, 415],
  DOCUMENT_ENCRYPTED: [status.INVALID_ARGUMENT, 422],
  DOCUMENT_UNREADABLE: [status.INVALID_ARGUMENT, 422],
  DOCUMENT_NO_TEXT: [status.INVALID_ARGUMENT, 422],
  UNAUTHENTICATED: [status.UNAUTHENTICATED, 401],
  // What services and operators show one another: never a caller's API key.
  TOKEN_REJECTED: [status.UNAUTHENTICATED, 401],
  NOT_ALLOWED: [status.PERMISSION_DENIED, 403],
  PRIORITY_NOT_ALLOWED: [status.PERMISSION_DENIED, 403],
  JOB_NOT_FOUND: [status.NOT_FOUND, 404],
  QUEUE_NOT_FOUND: [status.NOT_FOUND, 404],
  DOCUMENT_NOT_FOUND: [status.NOT_FOUND, 404],
  KEY_NOT_FOUND: [status.NOT_FOUND, 404],
  ACCOUNT_NOT_FOUND: [status.NOT_FOUND, 404],
  IDEMPOTENCY_CONFLICT: [status.ALREADY_EXISTS, 409],
  DEPTH_FULL: [status.RESOURCE_EXHAUSTED, 429],
  STORE_FULL: [status.RESOURCE_EXHAUSTED, 429],
  STORED_BYTES_FULL: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_STREAMS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_SUBMISSIONS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_UPLOADS: [status.RESOURCE_EXHAUSTED, 429],
  UPLOAD_TIMEOUT: [status.DEADLINE_EXCEEDED, 408],
  TOO_MANY_UNFINISHED: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_KEY_LOOKUPS: [status.RESOURCE_EXHAUSTED, 429],
  TOO_MANY_AWAITED: [status.RESOURCE_EXHAUSTED, 429],
  REQUEST_TOO_SLOW: [status.DEADLINE_EXCEEDED, 408],
  LEASE_LOST: [status.ABORTED, 409],
  CHANGED_MEANWHILE: [status.ABORTED, 409],
  ILLEGAL_TRANSITION: [status.FAILED_PRECONDITION, 409],
  OUTPUT_GONE: [status.OUT_OF_RANGE, 410],
  DRAINING: [status.UNAVAILABLE, 503],
  STORE_UNAVAILABLE: [status.UNAVAILABLE, 503],
  SCHEDULER_UNAVAILABLE: [status.UNAVAILABLE, 503],
  NOT_IMPLEMENTED: [status.UNIMPLEMENTED, 501],
  ROUTE_NOT_FOUND: [status.UNIMPLEMENTED, 404],
  METHOD_NOT_ALLOWED: [status.UNIMPLEMENTED, 405],
  INTERNAL: [status.INTERNAL, 500],
};

/** The HTTP status of what a transport said, which has no reason. */
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

/** One thing wrong with a request: `field` is a path such as `jobs[1].queue`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface RpcErrorInit {
  readonly reason: Reason;
  /** For people. It reaches the caller: no secrets, no internals. */
  readonly message: string;
  /** For programs, beside the reason. It reaches the caller. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** How long the caller should wait before it tries again. */
  readonly retryDelayMs?: number;
  /** Stays here: logged, never sent. */
  readonly cause?: unknown;
}

/** A status that a call ends with: thrown by handlers to the server, and by clients to their callers. */
export class RpcFault extends Error {
  override readonly name = "RpcFault";
  readonly code: status;
  /** Undefined when the transport made the status rather than Millrace. */
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

/** The fault for an outcome; its code follows from the reason. */
export const rpcError = (init: RpcErrorInit): RpcFault =>
  new RpcFault(codeOfReason(init.reason), init.reason, init);

/** A handler for an RPC that the contract has and this service has not. */
export const notImplemented = (): never => {
  throw rpcError({ reason: "NOT_IMPLEMENTED", message: "this method is not implemented" });
};

/** Any thrown value as a fault. What is not a fault already becomes INTERNAL, its content kept in `cause` alone. */
export const asRpcFault = (error: unknown): RpcFault =>
  error instanceof RpcFault
    ? error
    : rpcError({ reason: "INTERNAL", message: "internal error", cause: error });

/** What goes out with a fault beside code and message, as messages of `google.rpc`. */
export function faultDetails(fault: RpcFault) {
  const details = [];
  if (fault.reason !== undefined) {
    const info = { reason: fault.reason, domain: errorDomain, metadata: { ...fault.metadata } };
    details.push({ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, info) });
  }
  if (fault.violations.length > 0) {
    const fieldViolations = fault.violations.map(({ field, description }) => ({
      field,
      description,
    }));
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (fault.retryDelayMs !== undefined) {
    const retryDelay = create(DurationSchema, durationFromMs(fault.retryDelayMs));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

/** The types of those messages, without which they cannot be written as JSON inside of an answer. */
export const detailTypes = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema);

/** A fault as `google.rpc.Status`, for replies that carry an error per item. */
export function toRpcStatus(fault: RpcFault): Status {
  const details = faultDetails(fault).map(({ desc, value }) => anyPack<DescMessage>(desc, value));
  return create(StatusSchema, { code: fault.code, message: fault.message, details });
}

const DETAILS_KEY = "grpc-status-details-bin";

export interface GrpcStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** A fault as the trailers of a call. */
export function toGrpcStatus(fault: RpcFault): GrpcStatus {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(toBinary(StatusSchema, toRpcStatus(fault))));
  return { code: fault.code, details: fault.message, metadata };
}

/** The fault that `google.rpc.Status` says; details of unknown types are passed over. */
export function fromRpcStatus(rpcStatus: Status, cause?: unknown): RpcFault {
  let reason: Reason | undefined;
  let metadata: Record<string, string> = {};
  let violations: FieldViolation[] = [];
  let retryDelayMs: number | undefined;
  for (const detail of rpcStatus.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined && info.domain === errorDomain) {
      reason = reasons.find((known) => known === info.reason);
      metadata = info.metadata;
    }
    violations = anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? violations;
    const retryDelay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (retryDelay !== undefined) retryDelayMs = durationMs(retryDelay);
  }
  return new RpcFault(rpcStatus.code, reason, {
    message: rpcStatus.message,
    metadata,
    violations,
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
    cause,
  });
}

/** The fault that a grpc-js client error says. */
export function fromGrpcError(error: ServiceError): RpcFault {
  const plain = { code: error.code, message: error.details };
  const [packed] = error.metadata?.get(DETAILS_KEY) ?? [];
  if (packed instanceof Buffer) {
    try {
      return fromRpcStatus({ ...fromBinary(StatusSchema, packed), ...plain }, error);
    } catch {
      // Trailers from elsewhere that do not parse: the plain status still holds.
    }
  }
  return fromRpcStatus(create(StatusSchema, plain), error);
}
