const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** The syntax that parseDuration reads, as a regular expression. */
export const durationPattern = "^(?:\\d+(?:\\.\\d+)?(?:ms|d|h|m|s))+$";

const WHOLE = new RegExp(durationPattern);
const PART = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/g;

/**
 * Parses a duration as people write it, such as "24h", "1m30s", "1.5s" or "250ms", to milliseconds, rounded up.
 * Undefined if `text` is not one.
 */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const parts = [...text.matchAll(PART)];
  return Math.ceil(
    parts.reduce((sum, [, n, unit]) => sum + Number(n) * units[unit as keyof typeof units], 0),
  );
}

/** Formats whole milliseconds in the syntax of parseDuration. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = Math.round(ms);
  return Object.entries(units)
    .map(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count === 0 ? "" : `${count}${unit}`;
    })
    .join("");
}
