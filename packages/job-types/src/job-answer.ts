/** How a job that did not succeed answers the call of OpenAI's API that it is. */

type Json = Readonly<Record<string, unknown>>;
type Ending = readonly [status: number, code?: string];

/** How jobs of these reasons answer their calls. Any other reason is an error of the server. */
const endings = new Map<string, Ending>([
  ["MALFORMED", [400]],
  ["TOO_LARGE", [400]],
  ["DOCUMENT_NOT_FOUND", [404]],
  ["PROVIDER_BAD_REQUEST", [400]],
  ["CONTEXT_EXCEEDED", [400, "context_length_exceeded"]],
  ["ANSWER_FILTERED", [400, "content_filter"]],
  ["PROVIDER_QUOTA", [429, "insufficient_quota"]],
  // The account is the operator's: the caller's own key is valid.
  ["PROVIDER_UNAUTHENTICATED", [502]],
  ["PROVIDER_ERROR", [502]],
  ["ANSWER_FAILED", [502]],
  ["ANSWER_BROKEN_OFF", [502]],
]);

/** The type of an error of OpenAI's API follows from its status. */
export function errorTypeOf(status: number): string {
  if (status >= 500) return "server_error";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 408) return "timeout_error";
  return status === 429 ? "rate_limit_error" : "invalid_request_error";
}

export interface EndedJob {
  readonly state: "FAILED" | "CANCELLED" | "EXPIRED" | "REMOVED";
  readonly reason: string;
  readonly message: string;
  /** What the executor knew beyond the reason. */
  readonly details: Json;
}

export interface JobAnswer {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
  /** The provider's own error is in it. */
  readonly fromProvider: boolean;
}

const textOr = (value: unknown, other: string): string =>
  typeof value === "string" && value !== "" ? value : other;

/** A status that the caller can do something about: the provider refused the request, and not the account. */
const isCallersStatus = (status: unknown): status is number =>
  typeof status === "number" && [400, 404, 409, 413, 415, 422].includes(status);

/**
 * The error of a job that did not succeed. A worker may put the provider's own into the details of the failure:
 * `{"status": 400, "error": {"message", "type", "param", "code"}}`.
 */
export function answerOfJob({ state, reason, message, details }: EndedJob): JobAnswer {
  const about = (status: number, code: string): JobAnswer => ({
    ...{ status, message, type: errorTypeOf(status), param: null, code, fromProvider: false },
  });
  if (state === "CANCELLED") return about(409, "job_cancelled");
  if (state === "EXPIRED") return about(408, "deadline_exceeded");
  const [status, code] = endings.get(reason) ?? [500];
  const known = about(status, code ?? reason.toLowerCase());
  const { status: theirs, error } = details;
  if (typeof error !== "object" || error === null || Array.isArray(error)) return known;
  const own = error as Json;
  return {
    status: reason === "PROVIDER_BAD_REQUEST" && isCallersStatus(theirs) ? theirs : status,
    message: textOr(own.message, message),
    type: textOr(own.type, known.type),
    param: typeof own.param === "string" ? own.param : null,
    code: textOr(own.code, known.code),
    fromProvider: true,
  };
}
