import {
  create,
  createRegistry,
  type DescMessage,
  fromBinary,
  type Message,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import {
  anyPack,
  anyUnpack,
  DurationSchema,
  durationFromMs,
  durationMs,
} from "@bufbuild/protobuf/wkt";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@millrace/proto/rpc-error-details";
import { type Status, StatusSchema } from "@millrace/proto/rpc-status";
import { errorDomain } from "@millrace/shared";

/** One error in a request. `field` is a path such as `jobs[1].queue`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** The details of a status, besides its code and message. */
export interface StatusDetails {
  /** Undefined if the transport, and not Millrace, made the status. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryDelayMs: number | undefined;
}

/** A message of `google.rpc`, with its type. */
export interface DetailMessage {
  readonly desc: DescMessage;
  readonly value: Message;
}

/** Writes the details as messages of `google.rpc`. */
export function detailMessages({
  reason,
  metadata,
  violations,
  retryDelayMs,
}: StatusDetails): DetailMessage[] {
  const details: DetailMessage[] = [];
  if (reason !== undefined) {
    const info = { reason, domain: errorDomain, metadata: { ...metadata } };
    details.push({ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, info) });
  }
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (retryDelayMs !== undefined) {
    const retryDelay = create(DurationSchema, durationFromMs(retryDelayMs));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

/** The types of these messages. Without this registry they cannot be written as JSON inside an answer. */
export const detailTypes: Registry = createRegistry(
  ErrorInfoSchema,
  BadRequestSchema,
  RetryInfoSchema,
);

/** Writes a status as `google.rpc.Status`. */
export function packStatus(
  status: StatusDetails & { readonly code: number; readonly message: string },
): Status {
  const details = detailMessages(status).map(({ desc, value }) =>
    anyPack<DescMessage>(desc, value),
  );
  return create(StatusSchema, { code: status.code, message: status.message, details });
}

/** Reads the details of a status. Ignores details of unknown types, and reasons of other domains. */
export function unpackDetails({ details }: Status): StatusDetails {
  let reason: string | undefined;
  let metadata: Readonly<Record<string, string>> = {};
  let violations: readonly FieldViolation[] = [];
  let retryDelayMs: number | undefined;
  for (const detail of details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined && info.domain === errorDomain) ({ reason, metadata } = info);
    violations = anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? violations;
    const retryDelay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (retryDelay !== undefined) retryDelayMs = durationMs(retryDelay);
  }
  return { reason, metadata, violations, retryDelayMs };
}

const DETAILS_KEY = "grpc-status-details-bin";

/** Writes a status into the trailers of a call. */
export function statusMetadata(status: Status): Metadata {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(toBinary(StatusSchema, status)));
  return metadata;
}

/**
 * Reads the status of a failed grpc-js call with its details. The call's own code and message take precedence: a proxy
 * may have set them.
 */
export function statusOfError(error: ServiceError): Status {
  const plain = { code: error.code, message: error.details };
  const [packed] = error.metadata?.get(DETAILS_KEY) ?? [];
  if (packed instanceof Buffer) {
    try {
      return { ...fromBinary(StatusSchema, packed), ...plain };
    } catch {
      // The trailers come from another program and do not parse, so only the plain status is used.
    }
  }
  return create(StatusSchema, plain);
}
