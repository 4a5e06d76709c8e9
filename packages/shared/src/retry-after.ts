/** Date.parse reads a date in almost any text. An HTTP date begins with the day of the week (RFC 9110, section 5.6.7). */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/** Reads Retry-After, in seconds or as an HTTP date, as milliseconds. A time in the past, or no time, is ignored. */
export function retryAfterMs(value: string | null | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (text === "") return undefined;
  const seconds = Number(text);
  const dateMs = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  const delayMs = Number.isFinite(seconds) ? seconds * 1_000 : dateMs - nowMs;
  return delayMs > 0 && Number.isFinite(delayMs) ? delayMs : undefined;
}
