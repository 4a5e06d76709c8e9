import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}

const read = (most: number, ...parts: (string | Uint8Array)[]) =>
  Array.fromAsync(linesOf(pieces(...parts), most));

test("lines are whole wherever the content is cut, and keep their numbers", async () => {
  const text = "one\r\n\n  \nzwölf\nlast";
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at += 1) {
    const lines = await read(100, bytes.subarray(0, at), bytes.subarray(at));
    expect(lines).toEqual([
      { number: 1, text: "one\r" },
      { number: 4, text: "zwölf" },
      { number: 5, text: "last" },
    ]);
  }
});

test("a byte order mark is no part of the first line", async () => {
  expect(await read(100, "\uFEFF{}\n\uFEFFa")).toEqual([
    { number: 1, text: "{}" },
    { number: 2, text: "\uFEFFa" },
  ]);
});

test("a line may have as many bytes as the limit, and no more", async () => {
  expect(await read(4, "abcd\nab", "cde\nx")).toEqual([
    { number: 1, text: "abcd" },
    { number: 2, text: undefined, problem: "tooLong" },
    { number: 3, text: "x" },
  ]);
});

test("a line that is not UTF-8 is told, and the next one is read", async () => {
  expect(await read(10, Buffer.from([0xc3, 0x0a, 0x61]))).toEqual([
    { number: 1, text: undefined, problem: "notUtf8" },
    { number: 2, text: "a" },
  ]);
});
