import { cutChars } from "@millrace/shared";
import { printable } from "./printable.ts";
import type { OutputStream } from "./shell.ts";

const CLEAR_LINE = "\r\u001b[2K";

/** One line that tells how far something has come, rewritten in place. Only where a person looks: elsewhere it writes nothing. */
export function statusLine(err: OutputStream) {
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
    /** What is written next begins in its place. */
    clear,
  };
}
