import type { Piece } from "./pieces.ts";

/** All measures are in parts of the font's size. */
const near = 0.2;
/** Glyphs narrower than this are put into one piece although they are drawn over each other. */
const narrow = /([iljtfrI.,:;'|!])\1/g;

/** Text is drawn again soon after the first time: it is compared with so many pieces of the same text. */
const latest = 50;

/** Whether pieces of the same text are drawn over each other: less than half of the text apart. */
const isOver = (a: Piece, b: Piece) =>
  Math.abs(a.left - b.left) <= Math.min(near * a.size, (a.right - a.left) / 2) &&
  Math.abs(a.y - b.y) <= near * a.size;

/** How many characters at the end of a piece are drawn again at the beginning of the next. */
function repeatedCharacters(before: Piece | undefined, piece: Piece): number {
  if (before === undefined || Math.abs(before.y - piece.y) > near * piece.size) return 0;
  const overlap = before.right - piece.left;
  if (overlap <= 0 || piece.left < before.left) return 0;
  // The character that is drawn twice is about as wide as the two pieces overlap.
  const usual = (piece.right - piece.left) / piece.text.length;
  const isOne = overlap > usual * 0.4 && overlap < Math.min(usual * 2, piece.size);
  return isOne && before.text.at(-1) === piece.text.at(0) && piece.text.at(0) !== " " ? 1 : 0;
}

/** Removes characters that are drawn twice one by one, as some programs do to make them bold. */
function withoutRepeatedCharacters(pieces: readonly Piece[]): Piece[] {
  const counts = pieces.map((piece, index) => repeatedCharacters(pieces[index - 1], piece));
  return pieces.flatMap((piece, index) => {
    const count = counts[index] ?? 0;
    const isInside = count > 0 || (counts[index + 1] ?? 0) > 0;
    if (!isInside) return [piece];
    const text = piece.text.slice(count).replace(narrow, "$1");
    const shift = ((piece.right - piece.left) * count) / piece.text.length;
    return text === "" ? [] : [{ ...piece, text, left: piece.left + shift }];
  });
}

/**
 * Removes text that is drawn again at nearly the same place: programs make text bold, or give it a shadow, in this way.
 * Once is right however often it is drawn.
 */
export function withoutRepeats(pieces: readonly Piece[]): Piece[] {
  const seen = new Map<string, Piece[]>();
  const once = pieces.filter((piece) => {
    const alike = seen.get(piece.text) ?? [];
    if (alike.slice(-latest).some((other) => isOver(other, piece))) return false;
    alike.push(piece);
    seen.set(piece.text, alike);
    return true;
  });
  return withoutRepeatedCharacters(once);
}
