import { expect, test } from "vitest";
import { z } from "zod";
import { issueWords, wholeNumber } from "./issue-words.ts";

const wordsOf = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value, { error: issueWords }).error?.issues.map(({ message }) => message);

test.each<[z.ZodType, unknown, string]>([
  [z.string(), undefined, "is required"],
  [z.string(), ["a", "b"], "must be given only once"],
  [z.enum(["a", "b"]), "c", "must be one of a, b"],
  [z.literal("a"), "c", "must be a"],
  [z.strictObject({}), { x: 1 }, "is not known here"],
  [z.string().min(2), "a", "must be at least 2 characters long"],
  [z.array(z.string()).max(1), ["a", "b"], "must be at most 1 items long"],
  [z.number().max(3), 4, "must be at most 3"],
  [z.number(), "x", "must be a number"],
  [z.int(), 1.5, "must be a whole number"],
  [z.boolean(), 1, "must be true or false"],
  [z.url(), "x", "must be a URL, such as https://example.com/v1"],
  [z.union([z.string(), z.number()]), true, "has none of the forms that it may have"],
])("%# describes a fault without words of the library", (schema, value, words) => {
  expect(wordsOf(schema, value)).toEqual([words]);
});

test("words of a schema take precedence", () => {
  expect(wordsOf(z.string().regex(/^a$/, "must be a"), "b")).toEqual(["must be a"]);
});

test.each(["0", "30000", " 7 "])("%j is a whole number", (text) => {
  expect(wholeNumber(0).parse(text)).toBe(Number(text));
});

test.each(["30s", "abc", "", "1.5", "1e3", "0x10", "-1", "11", "Infinity"])(
  "%j is no whole number from 0 to 10",
  (text) => {
    const words = "must be a whole number from 0 to 10, in digits without a unit";
    expect(wordsOf(wholeNumber(0, 10), text)).toEqual([words]);
  },
);
