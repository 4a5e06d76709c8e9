/** The stable reasons of `google.rpc.ErrorInfo`. Programs branch on them, and people read the message. */
export const reasons = [
  "MALFORMED",
  "UNAUTHENTICATED",
  "TOKEN_REJECTED",
  "NOT_ALLOWED",
  "JOB_NOT_FOUND",
  "QUEUE_NOT_FOUND",
  "MODEL_NOT_FOUND",
  "DOCUMENT_NOT_FOUND",
  "DOCUMENT_IN_USE",
  "UPLOAD_NOT_FOUND",
  "UPLOAD_INCOMPLETE",
  "UPLOAD_DIFFERS",
  "NO_OBJECT_STORE",
  "GROUP_NOT_FOUND",
  "SCHEDULE_NOT_FOUND",
  "KEY_NOT_FOUND",
  "ACCOUNT_NOT_FOUND",
  "WEBHOOK_NOT_FOUND",
  "DELIVERY_NOT_FOUND",
  "UNKNOWN_JOB_TYPE",
  "IDEMPOTENCY_CONFLICT",
  "SCHEDULE_EXISTS",
  "WEBHOOK_NAME_TAKEN",
  "MODEL_NAME_TAKEN",
  "DEPTH_FULL",
  "STORE_FULL",
  "STORED_BYTES_FULL",
  "GROUP_FULL",
  "SCHEDULES_FULL",
  "CATALOGUE_FULL",
  "TOO_MANY_WEBHOOKS",
  "PRIORITY_NOT_ALLOWED",
  "TOO_LARGE",
  "MEDIA_TYPE",
  "COMPRESSED",
  "COMPRESSED_FLAG",
  "TOO_MANY_STREAMS",
  "TOO_MANY_SUBMISSIONS",
  "TOO_MANY_UPLOADS",
  "UPLOAD_TIMEOUT",
  "SYNC_WAIT_OVER",
  "TOO_MANY_UNFINISHED",
  "TOO_MANY_KEY_LOOKUPS",
  "TOO_MANY_AWAITED",
  "REQUEST_TOO_SLOW",
  "LEASE_LOST",
  "CHANGED_MEANWHILE",
  "ILLEGAL_TRANSITION",
  "GROUP_CLOSED",
  "FAN_OUT_DIFFERS",
  "COST_NOT_KNOWN",
  "COST_ABOVE_LIMIT",
  "DEADLINE_IMPOSSIBLE",
  "OUTPUT_GONE",
  "DOCUMENT_EMPTY",
  "DOCUMENT_TYPE_MISMATCH",
  "DOCUMENT_ENCRYPTED",
  "DOCUMENT_UNREADABLE",
  "DOCUMENT_NO_TEXT",
  "DRAINING",
  "STORE_UNAVAILABLE",
  "DOCUMENT_STORE_UNAVAILABLE",
  "DOCUMENT_STORE_REFUSED",
  "SCHEDULER_UNAVAILABLE",
  "WEBHOOKS_NOT_SET_UP",
  "NOT_IMPLEMENTED",
  "ROUTE_NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "INTERNAL",
] as const;

export type Reason = (typeof reasons)[number];

/** Why a provider refused or failed a call, as the reason of a failed job. Its status decides about another attempt. */
export const providerReasons = [
  /** Too much load, a failure of the provider's server, or no answer. */
  "PROVIDER_ERROR",
  /** The account's money or quota is used up. */
  "PROVIDER_QUOTA",
  /** The provider does not accept the account's key, or does not allow it this call. */
  "PROVIDER_UNAUTHENTICATED",
  /** The provider does not accept the request, for example because it has no such model. */
  "PROVIDER_BAD_REQUEST",
  /** The worker has no such account, or none for jobs that name no model and no pool. */
  "ACCOUNT_NOT_SERVED",
] as const;

export type ProviderReason = (typeof providerReasons)[number];

/**
 * Why a call of a model brought no answer, as the reason of a failed job, and whether another attempt may bring one. A call
 * that the provider refused, or that did not reach it, has one of providerReasons.
 */
export const answerReasons = {
  /** The model declined to answer. */
  ANSWER_REFUSED: { retryable: false },
  /** The provider's content filter stopped the request or the answer. */
  ANSWER_FILTERED: { retryable: false },
  /** The answer ended normally and has no text. */
  ANSWER_EMPTY: { retryable: true },
  /** The model spent the whole length of its answer on thought. */
  ANSWER_ONLY_THOUGHT: { retryable: false },
  /** The model called a tool, though the job offers none. */
  ANSWER_TOOL_CALL: { retryable: true },
  /** The provider ended its answer by an error. */
  ANSWER_FAILED: { retryable: true },
  /** The answer stopped before its end. */
  ANSWER_BROKEN_OFF: { retryable: true },
  /** The provider read only a part of the input. */
  INPUT_TRUNCATED: { retryable: false },
  /** The input and its answer do not fit into the model's context. */
  CONTEXT_EXCEEDED: { retryable: false },
} as const;

export type AnswerReason = keyof typeof answerReasons;

/** The domain of every `ErrorInfo` that Millrace sends. */
export const errorDomain = "millrace.dev";
