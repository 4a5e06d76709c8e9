/** Reads script replies. It checks what a script promises in its RETURNS, rather than trusting it. */

export function asList(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply))
    throw new Error(`a script must return a list here, not ${typeof reply}`);
  return reply;
}

export function asText(reply: unknown): string {
  if (typeof reply === "string") return reply;
  if (Buffer.isBuffer(reply)) return reply.toString();
  throw new Error(`a script must return text here, not ${typeof reply}`);
}

export function asNumber(reply: unknown): number {
  const number = typeof reply === "number" ? reply : Number(asText(reply));
  if (!Number.isFinite(number))
    throw new Error(`a script must return a number here, not ${String(reply)}`);
  return number;
}

/** A number, or undefined for the empty string. */
export const asOptionalNumber = (reply: unknown): number | undefined =>
  reply === "" ? undefined : asNumber(reply);

/** Text, or null for a field that does not exist. */
export const asTextOrNull = (reply: unknown): string | null =>
  reply === null ? null : asText(reply);

/** A hash that arrives as a flat list of fields and values. */
export function asHash(reply: unknown): Readonly<Record<string, string>> {
  const flat = asList(reply);
  const hash: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) hash[asText(flat[i])] = asText(flat[i + 1]);
  return hash;
}

/** Splits a flat list into rows of `width` values. */
export function rows(reply: unknown, width: number): (readonly unknown[])[] {
  const flat = asList(reply);
  const found: (readonly unknown[])[] = [];
  for (let at = 0; at < flat.length; at += width) found.push(flat.slice(at, at + width));
  return found;
}

export function unexpectedReply(script: string, reply: unknown): never {
  throw new Error(
    `script ${script} replied ${JSON.stringify(reply)}, which its header does not list`,
  );
}
