import { parseDuration } from "@millrace/shared";

/** What a provider answered, as a worker reports it. */
export interface ProviderAnswer {
  readonly httpStatus: number;
  /** The account's money or quota is used up. */
  readonly quotaExhausted: boolean;
  /** From Retry-After. */
  readonly retryAfterMs?: number;
  /** x-ratelimit-* as they came, names in lower case. */
  readonly rateLimitHeaders: Readonly<Record<string, string>>;
}

export type RefusalDecision =
  /** A failure like others: it says nothing of the account. */
  | { readonly kind: "none" }
  /** The whole account shall pause. `coolMs` undefined: the provider did not say for how long. */
  | { readonly kind: "pause"; readonly coolMs: number | undefined; readonly exhausted: boolean };

/** Too many requests; overloaded; and 529, which some providers use for overloaded. */
const REFUSALS = new Set([429, 503, 529]);
/** The limits that providers name in x-ratelimit-remaining-* and x-ratelimit-reset-*. */
const KINDS = ["requests", "tokens"] as const;

/** Whether a provider's answer pauses its account, and for how long. Headers are hints: Retry-After comes first. */
export function decideRefusal(answer: ProviderAnswer): RefusalDecision {
  if (answer.quotaExhausted) return { kind: "pause", coolMs: undefined, exhausted: true };
  if (!REFUSALS.has(answer.httpStatus)) return { kind: "none" };
  const coolMs = answer.retryAfterMs ?? resetMs(answer.rateLimitHeaders);
  return { kind: "pause", coolMs, exhausted: false };
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
