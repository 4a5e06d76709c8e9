/** More than what all of a job takes in a message but its labels and its long texts. */
const FIXED_BYTES = 4_096;

/** At least what a job takes in a message, with these labels and whichever of its texts may be long. */
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
