import { parseDuration } from "@millrace/shared";

/** What a provider answered, as a worker reports it. */
export interface ProviderAnswer {
  /** 0: there was no answer. */
  readonly httpStatus: number;
  /** The account's money or quota is used up. */
  readonly quotaExhausted: boolean;
  /** From Retry-After. */
  readonly retryAfterMs?: number;
  /** x-ratelimit-* as they came, names in lower case. */
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
}

export interface DecidedReport {
  /** refused: too much for it now. exhausted: money or quota is used up. failed: it is out of order. answered: it took the call. */
  readonly kind: "refused" | "exhausted" | "failed" | "answered";
  /** How long it asked to be left alone, in milliseconds; 0: it did not say. */
  readonly askedMs: number;
}

/** Too many requests; overloaded; and 529, which some providers use for overloaded. */
const REFUSALS = new Set([429, 503, 529]);
/** It gave up waiting for the request, or is not what it should be; 0: there was no answer. */
const isFailure = (httpStatus: number) =>
  httpStatus === 0 || httpStatus === 408 || httpStatus >= 500;
/** The limits that providers name in x-ratelimit-remaining-* and x-ratelimit-reset-*. */
const KINDS = ["requests", "tokens"] as const;

/** What a provider's answer says of its account. Headers are hints: Retry-After comes first. */
export function decideReport(answer: ProviderAnswer): DecidedReport {
  const { httpStatus, quotaExhausted, retryAfterMs, rateLimitHeaders } = answer;
  if (quotaExhausted) return { kind: "exhausted", askedMs: 0 };
  const askedMs = Math.max(0, retryAfterMs ?? resetMs(rateLimitHeaders) ?? 0);
  if (REFUSALS.has(httpStatus)) return { kind: "refused", askedMs };
  return isFailure(httpStatus) ? { kind: "failed", askedMs } : { kind: "answered", askedMs: 0 };
}

/** When the limits that are used up are full again, by their headers. */
function resetMs(headers: ProviderAnswer["rateLimitHeaders"]): number | undefined {
  const resets = KINDS.filter((kind) => headers[`x-ratelimit-remaining-${kind}`] === "0").flatMap(
    (kind) => durationMs(headers[`x-ratelimit-reset-${kind}`] ?? "") ?? [],
  );
  return resets.length === 0 ? undefined : Math.max(...resets);
}

/** "20ms", "6m0s", "1h2m3.5s", or seconds without a unit; undefined for anything else. */
export const durationMs = (text: string): number | undefined =>
  /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1_000) : parseDuration(text);
