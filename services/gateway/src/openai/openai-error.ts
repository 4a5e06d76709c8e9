import { errorTypeOf } from "@millrace/job-types";
import { httpStatusOf, type RpcFault } from "@millrace/runtime";
import type { Reason } from "@millrace/shared";

/** An error as OpenAI's API answers it. */
export interface OpenAiError {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  /** Whether another try may succeed. The SDKs try again by themselves where the answer says so. */
  readonly retry: boolean;
  readonly retryDelayMs?: number | undefined;
}

/** The SDKs wait for no longer than a minute before they try again. */
const LONGEST_WAIT_MS = 60_000;

/** Reasons that pass by themselves, although their faults do not say when. */
const passing: ReadonlySet<Reason | undefined> = new Set([
  ...["DRAINING", "STORE_UNAVAILABLE", "SCHEDULER_UNAVAILABLE"],
  ...["DOCUMENT_STORE_UNAVAILABLE", "REQUEST_TOO_SLOW", "UPLOAD_TIMEOUT", "TOO_MANY_STREAMS"],
] as const);

/** The codes that OpenAI's API has for what Millrace names differently. */
const codes: Readonly<Partial<Record<Reason, string>>> = {
  UNAUTHENTICATED: "invalid_api_key",
  ROUTE_NOT_FOUND: "unknown_url",
};

const served =
  "Millrace serves /v1/models, /v1/chat/completions, /v1/embeddings, /v1/responses, /v1/files, /v1/batches and /v1/webhook_endpoints of OpenAI's API";

/** The error of a fault that has a reason. Its status is that of the one table of reasons. */
export function errorOfFault(fault: RpcFault): OpenAiError {
  const { reason, message, violations, retryDelayMs } = fault;
  const status = httpStatusOf(fault);
  const isUnknown = reason === "ROUTE_NOT_FOUND";
  return {
    status,
    message: isUnknown ? `${message}: ${served}` : message,
    type: errorTypeOf(status),
    param: violations[0]?.field ?? (reason === "MODEL_NOT_FOUND" ? "model" : null),
    code: reason === undefined ? null : (codes[reason] ?? reason.toLowerCase()),
    retry: passing.has(reason) || (retryDelayMs ?? LONGEST_WAIT_MS + 1) <= LONGEST_WAIT_MS,
    retryDelayMs,
  };
}

/** An error as a member of an answer, or of an event. */
export const errorBody = ({ message, type, param, code }: OpenAiError) => ({
  error: { message, type, param, code },
});

/** The answer to a call that fails, with the headers that the SDKs read. */
export function errorAnswer(error: OpenAiError) {
  const { status, retry, retryDelayMs } = error;
  return {
    status,
    headers: {
      "content-type": "application/json",
      "x-should-retry": String(retry),
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(retryDelayMs === undefined
        ? {}
        : {
            "retry-after-ms": String(Math.ceil(retryDelayMs)),
            "retry-after": String(Math.max(1, Math.ceil(retryDelayMs / 1_000))),
          }),
    },
    body: JSON.stringify(errorBody(error)),
  };
}
