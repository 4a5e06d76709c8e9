import type { WriteStream } from "node:tty";

const CLEAR_LINE = "\r\x1b[2K";
const WIDEST = 100;

const WIDTH_OF_FILES = 80;

const widthOf = (out: WriteStream): number =>
  Math.min(out.isTTY ? out.columns : WIDTH_OF_FILES, WIDEST);

/** A line that tells how far something has come: rewritten in place on a terminal, elsewhere a new line for each text. */
export function statusLine(out: WriteStream) {
  let shown = false;
  return {
    /** `milestone`: also worth a line where lines stay. */
    show(text: string, milestone: boolean): void {
      if (!out.isTTY && !milestone) return;
      out.write(out.isTTY ? `${CLEAR_LINE}${text.slice(0, out.columns - 1)}` : `${text}\n`);
      shown = true;
    },
    /** Makes room for what else is written: takes the line away, or sets the lines apart. */
    clear(): void {
      if (shown) out.write(out.isTTY ? CLEAR_LINE : "\n");
      shown = false;
    },
  };
}

/** Writes text that comes in pieces, and breaks its lines between words. */
export function wordWrap(out: WriteStream) {
  const width = widthOf(out);
  let column = 0;
  /** The last word so far: more of it may come. */
  let word = "";
  const flush = () => {
    if (word === "") return;
    const space = column === 0 ? "" : " ";
    const breaks = column + space.length + word.length > width && column > 0;
    out.write(breaks ? `\n${word}` : space + word);
    column = breaks ? word.length : column + space.length + word.length;
    word = "";
  };
  return {
    write(text: string): void {
      for (const piece of text.split(/(\s+)/)) {
        if (piece.trim() !== "") {
          word += piece;
          continue;
        }
        if (piece === "") continue;
        flush();
        if (!piece.includes("\n\n")) continue;
        out.write("\n\n");
        column = 0;
      }
    },
    end(): void {
      flush();
      if (column > 0) out.write("\n");
      column = 0;
    },
  };
}
