/** Tags of a page's directory. */
const SUBFILE_TYPE = 0xfe;
const WIDTH = 0x100;
const HEIGHT = 0x101;

const WANTED: ReadonlySet<number> = new Set([SUBFILE_TYPE, WIDTH, HEIGHT]);

const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
/** A page that shows another one smaller has this bit in its subfile type. */
const REDUCED = 1;

/** Where the header has the place of the first page's directory. */
const FIRST_PAGE = 4;

/** Whether an image is a TIFF, by how it begins. Other images begin with other bytes. */
export const isTiff = ([first, second]: Uint8Array): boolean =>
  first === second && (first === 0x49 || first === 0x4d);

/** A page of a TIFF file. */
export interface TiffPage {
  /** Where its directory begins. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The pages of a TIFF file in their order, at most so many. Small pictures of pages are left out. Throws if the file is
 * damaged.
 */
export function tiffPages(bytes: Uint8Array, most: number): TiffPage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.getUint8(0) === 0x49;
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let offset = view.getUint32(FIRST_PAGE, isLittle);
  // A damaged file may lead back to a page that was read.
  while (offset !== 0 && !seen.has(offset) && pages.length < most) {
    seen.add(offset);
    const count = view.getUint16(offset, isLittle);
    const values = new Map<number, number>();
    for (let entry = offset + 2; entry < offset + 2 + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
      const tag = view.getUint16(entry, isLittle);
      if (WANTED.has(tag)) setOnce(values, tag, numberAt(view, entry, isLittle));
    }
    const [width = 0, height = 0] = [values.get(WIDTH), values.get(HEIGHT)];
    if (width === 0 || height === 0) throw new Error("a page has no size");
    const isReduced = ((values.get(SUBFILE_TYPE) ?? 0) & REDUCED) !== 0;
    if (!isReduced) pages.push({ offset, width, height });
    offset = view.getUint32(offset + 2 + count * ENTRY_BYTES, isLittle);
  }
  return pages;
}

/** The number of an entry. What another type means, libraries may read otherwise: then the size that was checked is not theirs. */
function numberAt(view: DataView, entry: number, isLittle: boolean): number {
  const type = view.getUint16(entry + 2, isLittle);
  const isOne = view.getUint32(entry + 4, isLittle) === 1;
  if (!isOne || (type !== SHORT && type !== LONG)) throw new Error("an entry is no number");
  return type === SHORT ? view.getUint16(entry + 8, isLittle) : view.getUint32(entry + 8, isLittle);
}

/** Of an entry that is there twice, libraries may take the other one. */
function setOnce(values: Map<number, number>, tag: number, value: number): void {
  if (values.has(tag)) throw new Error("an entry is there twice");
  values.set(tag, value);
}

/** Makes a page the first one of its file, which is the one that libraries read. Changes `bytes`. */
export function putFirst(bytes: Uint8Array, { offset }: TiffPage): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(FIRST_PAGE, offset, view.getUint8(0) === 0x49);
}
