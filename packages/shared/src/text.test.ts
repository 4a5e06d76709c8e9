import { expect, test } from "vitest";
import { cutBytes, cutChars, jsonText, splitBytes, wellFormed } from "./text.ts";

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

test.each(texts)("%j is cut between code points, to at most so many characters", (text) => {
  for (let chars = 0; chars <= text.length + 1; chars += 1) {
    const cut = cutChars(text, chars);
    expect(cut.length).toBeLessThanOrEqual(chars);
    expect(cut.isWellFormed()).toBe(true);
    expect(text.toWellFormed().startsWith(cut)).toBe(true);
    // No more is lost than the pair across the cut.
    expect(cut.length).toBeGreaterThanOrEqual(Math.min(chars, text.length) - 1);
  }
});

test.each(texts)("%j is cut between code points, to at most so many bytes", (text) => {
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

test.each(texts)("%j in pieces is the same text, and no piece is larger than asked", (text) => {
  for (let bytes = 4; bytes <= Buffer.byteLength(text) + 1; bytes += 1) {
    const pieces = splitBytes(text, bytes);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(bytes);
    if (text.isWellFormed()) expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  }
});

test("JSON has no half of a surrogate pair, in no name's value, however deep", () => {
  expect(jsonText({ a: ["\ud83d", { b: "x\ude00" }], c: "😀" })).toBe(
    '{"a":["\ufffd",{"b":"x\ufffd"}],"c":"😀"}',
  );
  expect(jsonText({ a: "\\ud83d" })).toBe('{"a":"\\\\ud83d"}');
  expect(jsonText({ a: 1 })).toBe('{"a":1}');
});

test("what is well-formed is left as it is", () => {
  expect(wellFormed("a😀b")).toBe("a😀b");
  expect(wellFormed("a\ud83db")).toBe("a\ufffdb");
});
