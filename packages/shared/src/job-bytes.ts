/** An upper bound for a job's size in a message, without its labels and long texts. */
const FIXED_BYTES = 4_096;

/** Returns an upper bound for a job's size in a message, with these labels and long texts. */
export function jobBytes(
  labels: Readonly<Record<string, string>> | undefined,
  ...texts: (string | undefined)[]
): number {
  let bytes = FIXED_BYTES;
  for (const name in labels) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(labels[name] ?? "");
  }
  for (const text of texts) if (text !== undefined) bytes += Buffer.byteLength(text);
  return bytes;
}
