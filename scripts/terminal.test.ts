import type { WriteStream } from "node:tty";
import { expect, test } from "vitest";
import { statusLine, wordWrap } from "./terminal.ts";

/** A terminal of 20 columns, or a file, and what was written to it. */
function setup(isTTY: boolean) {
  const written: string[] = [];
  const out = { isTTY, columns: 20, write: (text: string) => written.push(text) };
  return { out: out as unknown as WriteStream, text: () => written.join("") };
}

test("text that comes in pieces breaks between words, even if a word comes in two pieces", () => {
  const { out, text } = setup(true);
  const wrap = wordWrap(out);
  for (const piece of ["aaaa bbbb cccc dddd e", "eee ffff ", "gggg", "\n\nhhhh", "\niiii"]) {
    wrap.write(piece);
  }
  wrap.end();
  expect(text()).toBe("aaaa bbbb cccc dddd\neeee ffff gggg\n\nhhhh iiii\n");
});

test("on a terminal the status line is rewritten in place, and removed once", () => {
  const { out, text } = setup(true);
  const status = statusLine(out);
  status.show("one", false);
  status.show("a status longer than the line", false);
  status.clear();
  status.clear();
  const clear = "\r\x1b[2K";
  expect(text()).toBe(`${clear}one${clear}a status longer tha${clear}`);
});

test("in a file each milestone has a line, separated from what follows", () => {
  const { out, text } = setup(false);
  const status = statusLine(out);
  status.show("one", true);
  status.show("two", false);
  status.clear();
  status.clear();
  expect(text()).toBe("one\n\n");
});
