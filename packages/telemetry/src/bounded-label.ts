/**
 * A label whose values come from outside: the first `limit` are kept, and what comes after them is
 * "other". Each value is a series in Prometheus for as long as the process lives, and a caller who
 * makes names up must not be able to fill its memory.
 */
export function boundedLabel(limit: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (!known.has(value)) {
      if (known.size >= limit) return "other";
      known.add(value);
    }
    return value;
  };
}
