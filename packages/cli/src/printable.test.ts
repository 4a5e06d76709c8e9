import { expect, test } from "vitest";
import { printable, printableBlock, printableJson } from "./printable.ts";
import { details } from "./table.ts";

test.each([
  ["plain\ttext\n", "plain\ttext\n"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;title\u0007after", "after"],
  ["over\rwritten\u0008\u007f\u009b", "over\ufffdwritten\ufffd\ufffd\ufffd"],
  ["invoice\u202egpj.exe", "invoice\ufffdgpj.exe"],
  ["\u2066a\u2069\u200f\u061cb\u2028c", "\ufffda\ufffd\ufffd\ufffdb\ufffdc"],
  ["\u05e9\u05dc\u05d5\u05dd \u{1f600}", "\u05e9\u05dc\u05d5\u05dd \u{1f600}"],
])("%j is shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("lines of a job's message cannot look like lines of this program", () => {
  expect(printableBlock("oops\nmillrace: all is well\r\nx")).toBe(
    "oops\n  millrace: all is well\ufffd\n  x",
  );
  const shown = details([
    ["id", "a"],
    ["failure", "BAD: oops\nstate    SUCCEEDED"],
  ]);
  expect(shown).toBe("id       a\nfailure  BAD: oops\n         state    SUCCEEDED");
});

test("JSON keeps its meaning, but contains nothing that a terminal would interpret", () => {
  const value = {
    a: "\u009b31m \u202egpj \u001b[2J \u007f",
    "\u2066": ["\n", "😀"],
    b: new Uint8Array([1]),
  };
  const json = printableJson(value);
  expect(json).toMatch(/^[\x20-\x7e\u{1f600}]*$/u);
  expect(JSON.parse(json)).toEqual({ ...value, b: "AQ==" });
  expect(printableJson(undefined)).toBe("null");
});

test("bytes are base64 in JSON, even in a Buffer, which has its own JSON form", () => {
  const output = { data: Buffer.from([250, 1]), more: [new Uint8Array([250, 1])] };
  expect(JSON.parse(printableJson(output))).toEqual({ data: "+gE=", more: ["+gE="] });
});
