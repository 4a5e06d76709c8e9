/**
 * Limits a label whose values come from outside. The first `limit` values are kept, and later ones become
 * "other". Each value is a series in Prometheus for the life of the process, so a caller who invents names must
 * not fill its memory.
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
