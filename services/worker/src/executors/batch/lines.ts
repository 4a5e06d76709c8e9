/** Reads a file of lines piece by piece: no more than one line is in memory. */

export interface Line {
  /** From 1. Empty lines count, and are not returned. */
  readonly number: number;
  /** Undefined if the line is too long, or is not UTF-8. */
  readonly text: string | undefined;
  readonly problem?: "tooLong" | "notUtf8";
}

const NEWLINE = 10;
const BYTE_ORDER_MARK = /^\uFEFF/;

/** The bytes of a line that has not ended. Those of one that is too long are dropped. */
class Rest {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes <= this.#most) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  /** Ends the line, and returns it unless it is empty. */
  take(number: number): Line | undefined {
    const pieces = this.#pieces;
    const isTooLong = this.#bytes > this.#most;
    this.#pieces = [];
    this.#bytes = 0;
    if (isTooLong) return { number, text: undefined, problem: "tooLong" };
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        Buffer.concat(pieces),
      );
    } catch {
      return { number, text: undefined, problem: "notUtf8" };
    }
    if (number === 1) text = text.replace(BYTE_ORDER_MARK, "");
    return text.trim() === "" ? undefined : { number, text };
  }
}

/** The lines of a content, without those that are empty. `most` is the largest length of a line, in bytes. */
export async function* linesOf(
  content: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Line> {
  const rest = new Rest(most);
  let number = 1;
  for await (const piece of content) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
      rest.add(piece.subarray(from, at));
      const line = rest.take(number);
      if (line !== undefined) yield line;
      number += 1;
      from = at + 1;
    }
    // A copy, because the next piece may have the same buffer.
    if (from < piece.length) rest.add(piece.slice(from));
  }
  const last = rest.take(number);
  if (last !== undefined) yield last;
}
