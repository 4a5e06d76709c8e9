/**
 * Parses JSON that others wrote. A worker may return a result that is not valid JSON. It stays text, because one bad result
 * must not break a stream of others.
 */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
