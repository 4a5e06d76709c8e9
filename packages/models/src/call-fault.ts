import {
  type AnswerReason,
  answerReasons,
  ProviderFault,
  type ProviderReason,
  retryAfterMs,
  ValidText,
} from "@millrace/shared";
import { type Refusal, statusOf } from "./error-status.ts";

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached"]);
/** The statuses of a provider that is overloaded. */
const overload = new Set([503, 529]);
/** The codes of servers that filter a request before a model sees it. */
const filterCodes = new Set([
  ...["content_filter", "content_policy_violation", "invalid_prompt", "data_inspection_failed"],
]);

/** A shorter key is a placeholder for a server that needs none. It may occur in any sentence, so it is not redacted. */
const SECRET_CHARS = 8;

/** Returns the wait that the provider asks for. Some name it in milliseconds, too. */
function askedMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const precise = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (precise > 0 && Number.isFinite(precise)) return precise;
  return retryAfterMs(headers?.get("retry-after"), nowMs);
}

/** The answer did not arrive, or not completely. Mostly there is no HTTP status then. */
export const unanswered = (
  reason: "PROVIDER_ERROR" | "ANSWER_FAILED" | "ANSWER_BROKEN_OFF",
  message: string,
  cause?: unknown,
  httpStatus = 0,
): ProviderFault =>
  new ProviderFault(
    message,
    { reason, retryable: true, httpStatus, quotaExhausted: false, rateLimitHeaders: {} },
    cause,
  );

/** A fault of a call that the provider took and answered, though not with what was asked for. */
export const noAnswer = (reason: AnswerReason, message: string): ProviderFault =>
  new ProviderFault(message, {
    ...{ reason, ...answerReasons[reason], httpStatus: 200 },
    ...{ quotaExhausted: false, rateLimitHeaders: {} },
  });

const messageOf = (error: unknown): string => {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === "string" ? message : String(error);
};

/** The longest message of a provider that a failure repeats in its details. */
const ANSWERED_CHARS = 1_000;

/** The error as the provider has written it. SDKs put the status before its message. */
function answeredError({ error, message, type, param, code }: Refusal, apiKey: string) {
  const own = (error ?? {}) as { readonly message?: unknown };
  const text = typeof own.message === "string" ? own.message : message;
  return {
    message: readable(new Error(text), apiKey).message.slice(0, ANSWERED_CHARS),
    ...{ type: type ?? null, param: param ?? null, code: code ?? null },
  };
}

/** Returns the message of an error for the job's caller, who must not see the key that some providers quote. */
function readable(error: unknown, apiKey: string) {
  const original = messageOf(error);
  const message =
    apiKey.length < SECRET_CHARS ? original : original.replaceAll(apiKey, "[redacted]");
  const text = new ValidText();
  return {
    message: text.push(message) + text.end(),
    // An original error that has the key in its message is left out.
    cause: message === original && error instanceof Error ? error : undefined,
  };
}

function reasonOf(
  httpStatus: number,
  quotaExhausted: boolean,
  isTransient: boolean,
): ProviderReason {
  if (quotaExhausted) return "PROVIDER_QUOTA";
  if (isTransient) return "PROVIDER_ERROR";
  return httpStatus === 401 || httpStatus === 403
    ? "PROVIDER_UNAUTHENTICATED"
    : "PROVIDER_BAD_REQUEST";
}

export interface FaultContext {
  readonly nowMs: number;
  readonly apiKey: string;
  /** Whether the provider had begun its answer. */
  readonly begun: boolean;
  /** The error, if the provider has answered with it; undefined if the connection failed. */
  readonly refusal: Refusal | undefined;
}

/** Turns an error of an SDK, or of the connection, into a fault. */
export function faultOf(error: unknown, context: FaultContext): ProviderFault {
  if (error instanceof ProviderFault) return error;
  const { nowMs, apiKey, begun, refusal } = context;
  const { message, cause } = readable(refusal ?? error, apiKey);
  if (refusal === undefined) {
    return begun
      ? unanswered(
          "ANSWER_BROKEN_OFF",
          `The model provider broke off its answer: ${message}`,
          cause,
        )
      : unanswered("PROVIDER_ERROR", `The model provider could not be reached: ${message}`, cause);
  }
  const httpStatus = statusOf(refusal);
  const { code, type, headers } = refusal;
  if (filterCodes.has(code ?? "") && (httpStatus ?? 400) < 500) {
    return noAnswer("ANSWER_FILTERED", `The model provider's content filter: ${message}`);
  }
  const isInside = refusal.status === undefined;
  if (httpStatus === undefined || (isInside && httpStatus >= 500 && !overload.has(httpStatus))) {
    const ended = `The model provider ended its answer by an error: ${message}`;
    return unanswered("ANSWER_FAILED", ended, cause, httpStatus);
  }
  const quotaExhausted =
    httpStatus === 402 || quotaCodes.has(code ?? "") || quotaCodes.has(type ?? "");
  const isTransient = [408, 409, 429].includes(httpStatus) || httpStatus >= 500;
  const after = askedMs(headers, nowMs);
  const limitHeaders = [...(headers ?? [])].filter(([n]) => n.startsWith("x-ratelimit-"));
  return new ProviderFault(
    `The model provider refused the call: ${message}`,
    {
      reason: reasonOf(httpStatus, quotaExhausted, isTransient),
      retryable: isTransient && !quotaExhausted,
      ...(after === undefined ? {} : { retryAfterMs: after }),
      ...{ httpStatus, quotaExhausted, answered: answeredError(refusal, apiKey) },
      rateLimitHeaders: Object.fromEntries(limitHeaders.slice(0, 32)),
    },
    cause,
  );
}

/** The fault of a call that is not made, because the account takes no calls of its kind. */
export const notTaken = (account: string, kind: string, call: string): ProviderFault =>
  new ProviderFault(
    `The provider account ${account === "" ? "of this worker" : `"${account}"`} is of the kind ${kind}, which takes no ${call}: route the model to an account of the kind openai.`,
    {
      ...{ reason: "PROVIDER_BAD_REQUEST", retryable: false, httpStatus: 0 },
      ...{ quotaExhausted: false, rateLimitHeaders: {} },
    },
  );
