import { parseDuration } from "@millrace/shared";

/** A provider's answer, as a worker reports it. */
export interface ProviderAnswer {
  /** 0 means that there was no answer. */
  readonly httpStatus: number;
  /** Whether the account's money or quota is used up. */
  readonly quotaExhausted: boolean;
  /** The wait that the header Retry-After asks for. */
  readonly retryAfterMs?: number;
  /** The headers x-ratelimit-*, with names in lower case. */
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
}

export interface DecidedReport {
  /**
   * refused: too much load. exhausted: money or quota is used up. failed: the provider does not work, or not for this
   * account. answered: the provider accepted the call, whatever it said.
   */
  readonly kind: "refused" | "exhausted" | "failed" | "answered";
  /** The wait that the provider asks for, in milliseconds; 0 if it asks for none. */
  readonly askedMs: number;
}

/** Too many requests, overloaded, and 529, which some providers use for overloaded. */
const REFUSALS = new Set([429, 503, 529]);
/** The account's key is not accepted, its money is used up, or it may not make this call. */
const NOT_ALLOWED = new Set([401, 402, 403]);
/** Whether the provider timed out, failed, did not answer (0), or does not accept the account. */
const isFailure = (httpStatus: number) =>
  httpStatus === 0 || httpStatus === 408 || httpStatus >= 500 || NOT_ALLOWED.has(httpStatus);
/** The limits that x-ratelimit-remaining-* and x-ratelimit-reset-* name. */
const KINDS = ["requests", "tokens"] as const;

/** Decides what a provider's answer means for its account. Retry-After takes precedence over the other headers. */
export function decideReport(answer: ProviderAnswer): DecidedReport {
  const { httpStatus, quotaExhausted, retryAfterMs, rateLimitHeaders } = answer;
  if (quotaExhausted) return { kind: "exhausted", askedMs: 0 };
  const askedMs = Math.max(0, retryAfterMs ?? resetMs(rateLimitHeaders) ?? 0);
  if (REFUSALS.has(httpStatus)) return { kind: "refused", askedMs };
  return isFailure(httpStatus) ? { kind: "failed", askedMs } : { kind: "answered", askedMs: 0 };
}

/** How long until all limits that are used up are reset, by their headers. */
function resetMs(headers: ProviderAnswer["rateLimitHeaders"]): number | undefined {
  const resets = KINDS.filter((kind) => headers[`x-ratelimit-remaining-${kind}`] === "0").flatMap(
    (kind) => durationMs(headers[`x-ratelimit-reset-${kind}`] ?? "") ?? [],
  );
  return resets.length === 0 ? undefined : Math.max(...resets);
}

/** Reads "20ms", "6m0s", "1h2m3.5s", or seconds without a unit. Returns undefined for anything else. */
export const durationMs = (text: string): number | undefined =>
  /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1_000) : parseDuration(text);
