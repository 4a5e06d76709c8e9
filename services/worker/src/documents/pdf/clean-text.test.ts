import { expect, test } from "vitest";
import { cleanText } from "./clean-text.ts";

test.each([
  ["control characters", "a\u0000b\u0008\u001f\u007f\u0081c", "abc"],
  ["halves of surrogate pairs", "a\ud800b\udc00c\udc00\ud800d", "abcd"],
  ["code points that are no characters", "a\ufeff\ufffe\uffffb", "ab"],
])("removes %s", (_, text, clean) => {
  expect(cleanText(text)).toBe(clean);
});

test("keeps characters beyond the basic plane, and makes white space plain", () => {
  expect(cleanText("😀 𐀀\ta\u00a0b\n")).toBe("😀 𐀀 a b ");
});

test("takes codes of Windows for quotation marks and dashes", () => {
  expect(cleanText("dell\u0092impresa \u0096 \u0093s\u0094")).toBe("dell’impresa – “s”");
});

test("reads the ligatures of fonts of TeX that do not name them, and no ligature elsewhere", () => {
  expect(cleanText("o\u000ece, signi\u001ced, \u001crst, su\u001ece, ba\u000fe, e\u001bect")).toBe(
    "office, signified, first, suffice, baffle, effect",
  );
  expect(cleanText("A\u001cB 1\u000e2\u001f")).toBe("AB 12");
});
