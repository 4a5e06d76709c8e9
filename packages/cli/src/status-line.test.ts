import { expect, test } from "vitest";
import { statusLine } from "./status-line.ts";

const stream = (isTTY: boolean, columns = 80) => {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => void written.push(text) };
};

test("a terminal's status line is rewritten in place, cut at the terminal's width, and removed", () => {
  const out = stream(true, 10);
  const status = statusLine(out);
  status.clear();
  status.show("1 of 20 parts");
  status.show("1 of 20 parts");
  status.show("two\nlines");
  status.clear();
  status.clear();
  expect(out.written).toEqual(["\r\u001b[2K1 of 20 p", "\r\u001b[2Ktwo lines", "\r\u001b[2K"]);
});

test("a stream that is not a terminal gets no status line", () => {
  const out = stream(false);
  const status = statusLine(out);
  status.show("1 of 20 parts");
  status.clear();
  expect(out.written).toEqual([]);
});
