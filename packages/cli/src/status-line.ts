import { cutChars } from "@millrace/shared";
import { printable } from "./printable.ts";
import type { OutputStream } from "./shell.ts";

const CLEAR_LINE = "\r\u001b[2K";

export interface StatusLine {
  show(text: string): void;
  /** Removes the line. The next output begins in its place. */
  clear(): void;
}

/** Shows progress on one line that is rewritten in place. It writes nothing if the stream is not a terminal. */
export function statusLine(err: OutputStream): StatusLine {
  let shown = "";
  const clear = () => {
    if (shown !== "") err.write(CLEAR_LINE);
    shown = "";
  };
  return {
    show(text: string): void {
      if (!err.isTTY) return;
      const line = cutChars(printable(text).replaceAll("\n", " "), (err.columns || 80) - 1);
      if (line === shown) return;
      err.write(`${CLEAR_LINE}${line}`);
      shown = line;
    },
    clear,
  };
}
