import type { Piece } from "./pieces.ts";

/** An initial is at least so many times as large as the text that it begins. */
const leastRatio = 1.7;
/** The height of a capital, in parts of the size. */
const capital = 0.7;
/** How far an initial may stand from its word, in sizes of the text. */
const gap = 1;

const isLetter = (text: string) => /^["“„«‘]?\p{Lu}$/u.test(text.trim());

/** Whether a piece is the rest of the word that an initial begins: at its right, with the same top. */
function isRest(initial: Piece, piece: Piece): boolean {
  const apart = piece.left - initial.right;
  const tops = initial.y + initial.size * capital - piece.y - piece.size * capital;
  return (
    initial.size >= piece.size * leastRatio &&
    Math.abs(tops) <= piece.size * 0.6 &&
    apart > -0.5 * piece.size &&
    apart <= gap * piece.size &&
    /^\p{L}/u.test(piece.text)
  );
}

/**
 * Puts large initials into the first line of their text. Their baseline is that of the second or third line, so they would
 * be read there.
 */
export function withInitials(pieces: readonly Piece[]): readonly Piece[] {
  const sizes = pieces.map(({ size }) => size).toSorted((a, b) => a - b);
  const large = (sizes[sizes.length >> 1] ?? 0) * leastRatio;
  const initials = pieces.filter(({ text, size }) => size >= large && isLetter(text));
  const rests = new Map<Piece, Piece>();
  for (const initial of initials) {
    const rest = pieces.find((piece) => isRest(initial, piece));
    if (rest !== undefined) rests.set(initial, rest);
  }
  if (rests.size === 0) return pieces;
  return pieces.map((piece) => {
    const rest = rests.get(piece);
    if (rest === undefined) return piece;
    return { ...piece, y: rest.y, size: rest.size, right: Math.max(piece.left, rest.left) };
  });
}
