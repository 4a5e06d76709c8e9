/** Lists of pages, or of parts of another tree, as they stand in a file. */
const kidsArray = /\/Kids\s*\[((?:\s|null\b|\d+\s+\d+\s+R\b)*)\]/g;
const kid = /null\b|(\d+\s+\d+)\s+R\b/g;
/**
 * The counts of pages, which do not hold any more when some are taken out. Without them the library counts for itself.
 */
const counts = /\/Count\s+\d+/g;
const definition = /\b(\d+\s+\d+)\s+obj\s*(null\b)?/g;

const plain = (reference: string) => reference.replace(/\s+/, " ");

export interface SoundPageTree {
  readonly bytes: Uint8Array;
  /** How many entries of the tree were taken out. */
  readonly removed: number;
}

/**
 * Takes damaged pages out of a PDF's tree of pages: the library gives up all pages of a node after one that is missing.
 * Only the text of the tree is changed, and no length, so that all other parts stay where they are. Undefined if there
 * is nothing to take out. A tree that is compressed is not seen.
 */
export function withSoundPageTree(file: Uint8Array): SoundPageTree | undefined {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString("latin1");
  // Objects in compressed streams have no definition in the text.
  const isPlain = !text.includes("/ObjStm");
  const defined = new Set<string>();
  if (isPlain) {
    for (const [, reference = "", isNull] of text.matchAll(definition)) {
      if (isNull === undefined) defined.add(plain(reference));
      else defined.delete(plain(reference));
    }
  }
  const bytes = Buffer.from(file);
  let removed = 0;
  for (const array of text.matchAll(kidsArray)) {
    const start = array.index + array[0].length - 1 - (array[1]?.length ?? 0);
    for (const entry of (array[1] ?? "").matchAll(kid)) {
      const reference = entry[1];
      if (reference !== undefined && (!isPlain || defined.has(plain(reference)))) continue;
      const at = start + entry.index;
      bytes.fill(" ", at, at + entry[0].length);
      removed += 1;
    }
  }
  for (const { index, 0: entry } of text.matchAll(counts)) {
    bytes.fill(" ", index, index + entry.length);
  }
  return removed === 0 ? undefined : { bytes: new Uint8Array(bytes), removed };
}
