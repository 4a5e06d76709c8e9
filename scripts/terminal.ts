import type { WriteStream } from "node:tty";

const CLEAR_LINE = "\r\x1b[2K";
const WIDEST = 100;

const WIDTH_OF_FILES = 80;

const widthOf = (out: WriteStream): number =>
  Math.min(out.isTTY ? out.columns : WIDTH_OF_FILES, WIDEST);

/** Shows progress: on a terminal on one line that is rewritten in place, otherwise on a new line for each text. */
export function statusLine(out: WriteStream) {
  let shown = false;
  return {
    /** `milestone` marks texts that also get a line in a file. */
    show(text: string, milestone: boolean): void {
      if (!out.isTTY && !milestone) return;
      out.write(out.isTTY ? `${CLEAR_LINE}${text.slice(0, out.columns - 1)}` : `${text}\n`);
      shown = true;
    },
    /** Makes room for other output: removes the line on a terminal, or writes an empty line in a file. */
    clear(): void {
      if (shown) out.write(out.isTTY ? CLEAR_LINE : "\n");
      shown = false;
    },
  };
}

/** Writes text that comes in pieces, with line breaks between words. */
export function wordWrap(out: WriteStream) {
  const width = widthOf(out);
  let column = 0;
  /** The last word so far. Its end may be in the next piece. */
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
