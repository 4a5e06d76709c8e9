import fc from "fast-check";
import { expect, test } from "vitest";
import { assertBoundedJson } from "./json-bounds.ts";

const isTaken = (text: string, mostFields: number): boolean => {
  try {
    assertBoundedJson(Buffer.from(text), mostFields);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ reason: "TOO_LARGE" });
    return false;
  }
};

/** Containers, a comma for each element and member but the first, and a colon for each member. */
function fieldsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const items = Object.values(value);
  const separators = Math.max(0, items.length - 1) + (Array.isArray(value) ? 0 : items.length);
  return 1 + separators + items.reduce((sum: number, item) => sum + fieldsOf(item), 0);
}

const strings = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "[", "{", ",", ":", "x"), maxLength: 300 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    strings,
    fc.double(),
    fc.constantFrom(null, true),
    fc.array(tie("value")),
    fc.dictionary(strings, tie("value")),
  ),
})).value;

test("JSON is taken with as many fields as the bound says, and not with one more", () => {
  fc.assert(
    fc.property(json, fc.boolean(), (value, spaced) => {
      const text = JSON.stringify(value, undefined, spaced ? 2 : undefined);
      const fields = fieldsOf(JSON.parse(text));
      expect(isTaken(text, fields)).toBe(true);
      if (fields > 0) expect(isTaken(text, fields - 1)).toBe(false);
    }),
  );
});

test.each(["", '"', '"\\', `"${"x".repeat(100)}`, `"${"x".repeat(63)}\\`, `"${"\\".repeat(65)}"`])(
  "a string that does not end holds nothing: %s",
  (text) => {
    expect(isTaken(text, 0)).toBe(true);
  },
);
