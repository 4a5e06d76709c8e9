import { expect, test } from "vitest";
import { cutBytes, cutChars, jsonText, splitBytes, ValidText, wellFormed } from "./text.ts";

const texts = [
  "",
  "abc",
  "é€",
  "😀",
  "a😀b😀c",
  "\ud83d",
  "\ude00",
  "a\ud83d",
  "\ude00b",
  "\ud83d😀",
];

test.each(texts)(
  "%j is cut between code points, to at most the given number of characters",
  (text) => {
    for (let chars = 0; chars <= text.length + 1; chars += 1) {
      const cut = cutChars(text, chars);
      expect(cut.length).toBeLessThanOrEqual(chars);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.toWellFormed().startsWith(cut)).toBe(true);
      // At most one surrogate half before the cut is lost.
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(chars, text.length) - 1);
    }
  },
);

test.each(texts)("%j is cut between code points, to at most the given number of bytes", (text) => {
  const whole = text.toWellFormed();
  for (let bytes = 0; bytes <= Buffer.byteLength(whole) + 4; bytes += 1) {
    const cut = cutBytes(text, bytes);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
    expect(cut.isWellFormed()).toBe(true);
    expect(whole.startsWith(cut)).toBe(true);
    const next = [...whole.slice(cut.length)][0];
    if (next !== undefined) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(bytes);
  }
});

test.each(texts)(
  "the pieces of %j join to the same text, and none is larger than the limit",
  (text) => {
    for (let bytes = 4; bytes <= Buffer.byteLength(text) + 1; bytes += 1) {
      const pieces = splitBytes(text, bytes);
      expect(pieces.join("")).toBe(text);
      for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(bytes);
      if (text.isWellFormed()) expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
    }
  },
);

test("JSON contains no lone surrogate at any depth", () => {
  expect(jsonText({ a: ["\ud83d", { b: "x\ude00" }], c: "😀" })).toBe(
    '{"a":["\ufffd",{"b":"x\ufffd"}],"c":"😀"}',
  );
  expect(jsonText({ a: "\\ud83d" })).toBe('{"a":"\\\\ud83d"}');
  expect(jsonText({ a: 1 })).toBe('{"a":1}');
});

test("well-formed text stays unchanged", () => {
  expect(wellFormed("a😀b")).toBe("a😀b");
  expect(wellFormed("a\ud83db")).toBe("a\ufffdb");
});

test.each([
  [["a\ud83d", "\ude00b"], ["a", "😀b"], ""],
  [["\ud83d", "", "\ude00"], ["", "", "😀"], ""],
  [["a\ud83d", "b"], ["a", "\ufffdb"], ""],
  [["\ude00a"], ["\ufffda"], ""],
  [["\ud83d", "\ud83d", "\ude00"], ["", "\ufffd", "😀"], ""],
  [["a\ud83d"], ["a"], "\ufffd"],
  [["a\0b\ud83d", "\0\ude00"], ["ab", "😀"], ""],
  [["😀"], ["😀"], ""],
])("makes of the pieces %j the valid pieces %j, and %j at the end", (pieces, valid, end) => {
  const text = new ValidText();
  expect(pieces.map((piece) => text.push(piece))).toEqual(valid);
  expect(text.end()).toBe(end);
});
