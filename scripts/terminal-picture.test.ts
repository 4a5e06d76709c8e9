import { expect, test } from "vitest";
import { linesOf, terminalPicture } from "./terminal-picture.ts";

const at = (atMs: number, text: string) => ({ atMs, text });

test("a line that is rewritten is shown until it is, and one that ends stays", () => {
  const printed = [
    at(0, "a\n"),
    at(10, "1 of 2"),
    at(20, "\r\u001b[2K2 of 2"),
    at(30, "\r\u001b[2K"),
    at(40, "b\r\n"),
  ];
  expect(linesOf(printed)).toEqual([
    { row: 0, text: "a", fromMs: 0 },
    { row: 1, text: "1 of 2", fromMs: 10, untilMs: 20 },
    { row: 1, text: "2 of 2", fromMs: 20, untilMs: 30 },
    { row: 1, text: "b", fromMs: 40 },
  ]);
});

test("a line that comes in pieces is one line, shown when it is complete", () => {
  expect(linesOf([at(0, "Call "), at(9, "me"), at(12, "\nIshmael.")])).toEqual([
    { row: 0, text: "Call me", fromMs: 9 },
    { row: 1, text: "Ishmael.", fromMs: 12 },
  ]);
});

test("long pauses are shortened, and text is escaped and cut", () => {
  const picture = terminalPicture("t", "run", [
    at(60_000, "<a> & b\n"),
    at(60_010, "x".repeat(200)),
  ]);
  expect(picture).toContain("show 1ms 400ms both");
  expect(picture).toContain("&lt;a&gt; &amp; b");
  expect(picture).toContain(`${"x".repeat(99)}…</text>`);
});
