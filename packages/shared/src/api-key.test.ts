import { expect, test } from "vitest";
import { formatApiKey, hashSecret, newApiKey, parseApiKey } from "./api-key.ts";
import { systemRandom } from "./random.ts";

test("a new key is parsed back to the same key", () => {
  const key = newApiKey(systemRandom);
  expect(parseApiKey(formatApiKey(key))).toEqual(key);
});

test.each([
  "",
  "mr_",
  "mr_abcd_",
  `xx_abcd_${"a".repeat(48)}`,
  `mr_abcd_${"a".repeat(31)}`,
  `mr_ABCD_${"a".repeat(48)}`,
  `mr_abcd_${"a".repeat(48)}_x`,
])("%j is not a key", (text) => {
  expect(parseApiKey(text)).toBeUndefined();
});

test("secrets from the shortest to the longest length are accepted, and longer ones are not", () => {
  expect(parseApiKey(`mr_abcd_${"a".repeat(32)}`)).toBeDefined();
  expect(parseApiKey(`mr_abcd_${"a".repeat(86)}`)).toBeDefined();
  expect(parseApiKey(`mr_abcd_${"a".repeat(87)}`)).toBeUndefined();
});

test("a secret is hashed by SHA-256", () => {
  // The digest of "abc" from FIPS 180-2, appendix B.1.
  expect(hashSecret("abc").toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
