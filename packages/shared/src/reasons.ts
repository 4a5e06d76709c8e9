/** The stable reasons of `google.rpc.ErrorInfo`: programs branch on these, people read the message. */
export const reasons = [
  "MALFORMED",
  "UNAUTHENTICATED",
  "TOKEN_REJECTED",
  "NOT_ALLOWED",
  "JOB_NOT_FOUND",
  "QUEUE_NOT_FOUND",
  "DOCUMENT_NOT_FOUND",
  "KEY_NOT_FOUND",
  "ACCOUNT_NOT_FOUND",
  "UNKNOWN_JOB_TYPE",
  "IDEMPOTENCY_CONFLICT",
  "DEPTH_FULL",
  "STORE_FULL",
  "STORED_BYTES_FULL",
  "PRIORITY_NOT_ALLOWED",
  "TOO_LARGE",
  "MEDIA_TYPE",
  "TOO_MANY_STREAMS",
  "TOO_MANY_SUBMISSIONS",
  "LEASE_LOST",
  "CHANGED_MEANWHILE",
  "ILLEGAL_TRANSITION",
  "OUTPUT_GONE",
  "DOCUMENT_EMPTY",
  "DOCUMENT_TYPE_MISMATCH",
  "DOCUMENT_ENCRYPTED",
  "DOCUMENT_UNREADABLE",
  "DOCUMENT_NO_TEXT",
  "DRAINING",
  "STORE_UNAVAILABLE",
  "SCHEDULER_UNAVAILABLE",
  "NOT_IMPLEMENTED",
  "ROUTE_NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "INTERNAL",
] as const;

export type Reason = (typeof reasons)[number];

/** The domain of every `ErrorInfo` that Millrace sends. */
export const errorDomain = "millrace.dev";
