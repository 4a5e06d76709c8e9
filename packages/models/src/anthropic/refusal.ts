import Anthropic from "@anthropic-ai/sdk";
import type { Refusal } from "../error-status.ts";

/** The statuses of errors inside a stream, which have none. */
const statuses: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** Says that the account has no money left, with a status that means a wrong request. */
const noMoney = /credit balance is too low|billing/i;

/**
 * Anthropic's names of rate limits, in the form of OpenAI's, which schedulers read. Anthropic names the time of a reset, and OpenAI
 * how long it is away.
 */
function rateLimitHeaders(headers: Headers, nowMs: number): Headers {
  const written = new Headers(headers);
  for (const kind of ["requests", "tokens"]) {
    const of = (name: string) => headers.get(`anthropic-ratelimit-${kind}-${name}`);
    for (const name of ["limit", "remaining"]) {
      const value = of(name);
      if (value !== null) written.set(`x-ratelimit-${name}-${kind}`, value);
    }
    const resetMs = Date.parse(of("reset") ?? "") - nowMs;
    if (resetMs >= 0) written.set(`x-ratelimit-reset-${kind}`, `${Math.ceil(resetMs / 1_000)}s`);
  }
  return written;
}

/** Returns the error that the server has answered with; undefined if the connection failed. */
export function refusalOf(error: unknown, nowMs: number): Refusal | undefined {
  const { APIError, APIConnectionError, APIUserAbortError } = Anthropic;
  if (!(error instanceof APIError)) return undefined;
  if (error instanceof APIConnectionError || error instanceof APIUserAbortError) return undefined;
  const message = error.apiMessage ?? error.message;
  const isInside = error.status === undefined;
  // An error inside a stream has its status only if it is one for load: any other ends an answer that had begun.
  const named = error.type === null ? undefined : statuses[error.type];
  return {
    status: error.status,
    code: isInside && named !== undefined ? String(named) : undefined,
    type: noMoney.test(message) ? "insufficient_quota" : error.type,
    message,
    headers: error.headers === undefined ? undefined : rateLimitHeaders(error.headers, nowMs),
    error: error.error,
  };
}
