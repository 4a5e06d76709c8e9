import fc from "fast-check";
import { expect, test } from "vitest";
import { contentHash, formerContentHash } from "./content-hash.ts";

const content = { type: "chat", payloadJson: "{}", documentIds: [] };
const hash = (payloadJson: string) => contentHash({ ...content, payloadJson });

test.each([
  ["members in another order", '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
  ["white space", '{"a":[1,2]}', '{ "a" : [ 1,\n2 ] }'],
  ["a whole number with a fraction of nothing", '{"a":1}', '{"a":1.0}'],
  ["an exponent", '{"a":100}', '{"a":1e2}'],
  ["a zero's sign", '{"a":0}', '{"a":-0}'],
  ["zeros at a fraction's end", '{"a":0.5}', '{"a":0.50}'],
  ["a fraction as doubles are written", '{"a":0.30000000000000004}', '{"a":3.0000000000000004e-1}'],
  ["escapes", '{"a":"é/"}', '{"a":"\\u00e9\\/"}'],
  ["a member that is said twice, the last of which counts", '{"a":2}', '{"a":1,"a":2}'],
])("the same content: %s", (_, one, other) => {
  expect(hash(one)).toBe(hash(other));
});

test.each([
  ["other values", '{"a":1}', '{"a":2}'],
  ["a number and its text", '{"a":1}', '{"a":"1"}'],
  ["elements in another order", '{"a":[1,2]}', '{"a":[2,1]}'],
  ["null and nothing", '{"a":null}', "{}"],
  ["whole numbers beyond 2^53", '{"a":9007199254740992}', '{"a":9007199254740993}'],
  ["fractions beyond a double", '{"a":0.10000000000000001}', '{"a":0.1}'],
  ["numbers beyond the largest double", '{"a":1e400}', '{"a":1e401}'],
  ["numbers below the smallest double", '{"a":1e-400}', '{"a":0}'],
  ["members named as the prototype", '{"__proto__":{"a":1}}', "{}"],
  ["strings of other code points that look alike", '{"a":"\\u00e9"}', '{"a":"e\\u0301"}'],
  ["half surrogate pairs", '{"a":"\\ud83d"}', '{"a":"\\ud83e"}'],
])("other content: %s", (_, one, other) => {
  expect(hash(one)).not.toBe(hash(other));
});

test("type and documents are content, and so is the documents' order", () => {
  const hashes = [
    content,
    { ...content, type: "echo" },
    { ...content, documentIds: ["a", "b"] },
    { ...content, documentIds: ["b", "a"] },
  ].map(contentHash);
  expect(new Set(hashes).size).toBe(4);
});

/** The same JSON, its members in another order and its text spaced out. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  );
};

test("any payload is the same content however its members are ordered and its text is spaced", () => {
  const json = fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.jsonValue({ stringUnit: "grapheme" }),
  );
  fc.assert(
    fc.property(json, (value) => {
      expect(hash(JSON.stringify(shuffled(value), undefined, 1))).toBe(hash(JSON.stringify(value)));
    }),
  );
});

test("a payload as deep as its size allows has a hash", () => {
  const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  expect(hash(deep(100_000))).not.toBe(hash(deep(99_999)));
  const number = (levels: number) => deep(levels).replace("[]", "[90071992547409931]");
  expect(hash(number(100_000))).not.toBe(hash(number(99_999)));
});

test("hashes of earlier versions look different, and are over JSON as it came", () => {
  const one = { ...content, payloadJson: '{"a":1,"b":2}' };
  expect(formerContentHash(one)).toBe("03pireFUhTz3Q5UO8p5PtNy_oz4s3NWAqbg_Ivd_tds");
  expect(contentHash(one)).toMatch(/^2:/);
});
