import type { TextItem } from "pdfjs-dist/types/src/display/api.js";
import { cleanText } from "./clean-text.ts";

/** A piece of text at a place. Measures are in points, from the left and upward. */
export interface Piece {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  /** The height of the baseline. */
  readonly y: number;
  /** The size of the font. */
  readonly size: number;
  readonly isRightToLeft: boolean;
  /** Whether a space stands before the piece in the file. */
  readonly isSpaced: boolean;
  /** The number of pieces before it in the file. Infinite for what was typed into a field. */
  readonly order: number;
}

/** The pieces of a page by the direction of their lines: that of most text first. In each, text runs to the right. */
export type PiecesByDirection = readonly (readonly Piece[])[];

type Matrix = readonly number[];
const parts = ([a = 1, b = 0, c = 0, d = 1, e = 0, f = 0]: Matrix) => [a, b, c, d, e, f] as const;

function product(first: Matrix, second: Matrix) {
  const [a, b, c, d, e, f] = parts(first);
  const [g, h, , , k, l] = parts(second);
  return {
    /** Where the text runs to. */
    along: [a * g + c * h, b * g + d * h] as const,
    origin: [a * k + c * l + e, b * k + d * l + f] as const,
  };
}

/** Text that is turned by more than this many degrees from a quarter is slanted, as a watermark is. */
const slant = 12;
const slanted = 4;

/** The direction of lines: 0 to the right, 1 down, 2 to the left, 3 up the page, or slanted. */
function directionOf([x, y]: readonly [number, number]): number {
  const degrees = (Math.atan2(y, x) * 180) / Math.PI;
  const quarter = Math.round(degrees / 90);
  return Math.abs(degrees - quarter * 90) > slant ? slanted : (quarter + 4) % 4;
}

/** Turns a place of the page, whose y grows downward, so that lines of the direction run to the right. */
function turned(direction: number, [x, y]: readonly [number, number]): [x: number, y: number] {
  if (direction === 1) return [y, x];
  if (direction === 2) return [-x, y];
  if (direction === 3) return [-y, -x];
  return [x, -y];
}

/** Some fonts give no usable size. A character is hardly ever wider than this many times its size. */
const widestCharacter = 3;

interface PieceOptions {
  readonly view: Matrix;
  readonly isSpaced: boolean;
  readonly order: number;
  /** The size of the font. Undefined if the item says it. */
  readonly size: number | undefined;
}

function pieceOf(item: TextItem, text: string, { view, isSpaced, order, ...font }: PieceOptions) {
  const { along, origin } = product(view, item.transform as number[]);
  const isVertical = item.dir === "ttb";
  const direction = isVertical ? 1 : directionOf(along);
  const [left, y] = turned(direction, origin);
  const width = isVertical ? item.height : item.width;
  const height = isVertical ? item.width : item.height;
  const size = font.size ?? Math.max(height, width / text.length / widestCharacter, 0.1);
  const isRightToLeft = item.dir === "rtl";
  const right = left + width;
  return { direction, piece: { text, left, right, y, size, isRightToLeft, isSpaced, order } };
}

/** The library finds spaces by the size of the font. It says nothing where characters are this many times as large. */
const largestCharacter = 4;

/**
 * Whether the library knows where spaces are. Bitmap fonts of TeX have the size 1, and characters of the full size: the
 * library then takes each kerning for a space.
 */
function knowsSpaces({ transform }: TextItem): boolean {
  const [a, b, c, d] = parts(transform as number[]);
  return Math.hypot(c, d) < largestCharacter * Math.hypot(a, b);
}

/** The mean width of a character, in parts of the size. */
const usualWidth = 0.5;
/** The characters of a font are not narrower than this part of its size, on average. */
const leastWidth = 0.15;

/**
 * The sizes of fonts of which the library says a size that cannot be, by their names. It takes the size of a bitmap font
 * from the font's box, which some programs make many times as large as the characters. Only their widths are known then.
 */
function sizesByWidth(items: readonly TextItem[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { width: number; height: number; characters: number }>();
  for (const item of items) {
    if (item.str.trim() === "" || knowsSpaces(item)) continue;
    const sum = sums.get(item.fontName) ?? { width: 0, height: 0, characters: 0 };
    sum.width += item.width;
    sum.height += item.height * item.str.length;
    sum.characters += item.str.length;
    sums.set(item.fontName, sum);
  }
  return new Map(
    [...sums]
      .filter(([, { width, height }]) => width > 0 && width < height * leastWidth)
      .map(([name, { width, characters }]) => [name, width / characters / usualWidth]),
  );
}

/**
 * Collects the pieces of a page, and those that were typed into its fields. `view` is the transformation to the page as
 * it is shown.
 */
export function piecesOf(
  items: readonly TextItem[],
  typed: readonly TextItem[],
  view: Matrix,
): PiecesByDirection {
  const groups = new Map<number, Piece[]>();
  const sizes = sizesByWidth(items);
  let isSpaced = false;
  [...items, ...typed].forEach((item, index) => {
    const order = index < items.length ? index : Infinity;
    const text = cleanText(item.str);
    if (text.trim() === "") {
      isSpaced ||= text !== "" && !item.hasEOL && knowsSpaces(item);
      if (item.hasEOL) isSpaced = false;
      return;
    }
    const { direction, piece } = pieceOf(item, text, {
      ...{ view, isSpaced, order },
      size: sizes.get(item.fontName),
    });
    isSpaced = false;
    const group = groups.get(direction);
    if (group === undefined) groups.set(direction, [piece]);
    else group.push(piece);
  });
  const lengthOf = (pieces: readonly Piece[]) =>
    pieces.reduce((sum, { text }) => sum + text.length, 0);
  return [...groups.values()]
    .map((pieces) => ({ pieces, length: lengthOf(pieces) }))
    .toSorted((a, b) => b.length - a.length)
    .map(({ pieces }) => pieces);
}
