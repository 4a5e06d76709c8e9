import { expect, test } from "vitest";
import { decodeText, textEncodingOf } from "./text-encoding.ts";

const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
const wide = (text: string) => Buffer.from(text, "utf16le");
function utf32(text: string): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return Buffer.from(Uint32Array.from(points).buffer);
}

const texts = {
  English: "The mill turns. It has two wheels.",
  Arabic: "تقع الطاحونة المائية على ضفة النهر شمال المدينة.",
  Japanese: "水車小屋は町の北の川岸に立っています。",
  Thai: "กังหันน้ำตั้งอยู่ริมแม่น้ำ ทางเหนือของเมือง",
  Korean: "물레방앗간은 도시 북쪽 강가에 있습니다.",
};

test.each(Object.entries(texts))("finds UTF-16 of %s without a byte order mark", (_, text) => {
  expect(textEncodingOf(wide(text))).toBe("utf-16le");
  expect(textEncodingOf(swapped(wide(text)))).toBe("utf-16be");
});

test("takes the encoding that a byte order mark names", () => {
  const text = "\ufeffThe mill 😀";
  const found = [Buffer.from(text), wide(text), swapped(wide(text)), utf32(text)].map((bytes) => {
    const encoding = textEncodingOf(bytes) ?? "";
    return [encoding, decodeText(bytes, encoding)];
  });
  expect(found).toEqual(
    ["utf-8", "utf-16le", "utf-16be", "utf-32le"].map((encoding) => [encoding, "The mill 😀"]),
  );
});

test("reads code points of UTF-32 that do not exist as damaged", () => {
  const bytes = Buffer.concat([utf32("\ufeffa"), Buffer.from("00d80000ffffffff", "hex")]);
  expect(decodeText(bytes, "utf-32le")).toBe("a\ufffd\ufffd");
});

test.each<[string, Uint8Array, string | undefined]>([
  ["a letter of Latin-1 in a sentence", Buffer.from("Der Müller mahlt", "latin1"), "8-bit"],
  ["Cyrillic of 8 bits", Buffer.alloc(40, Buffer.from("cce5ebfcede8f6e020", "hex")), "8-bit"],
  ["UTF-8", Buffer.from("Der Müller"), "utf-8"],
  ["UTF-8 that the end of the window cuts", Buffer.from("Der Mü").subarray(0, 6), "utf-8"],
  ["two bytes that may be anything", Buffer.of(0xe9, 0xff), undefined],
  ["a control character among letters", Buffer.from("M\u0001ühle", "latin1"), undefined],
  ["numbers of 16 bits", Buffer.from(Uint16Array.from([1, 2, 3, 900, 65_535]).buffer), undefined],
])("judges %s", (_, bytes, encoding) => {
  expect(textEncodingOf(bytes)).toBe(encoding);
});
