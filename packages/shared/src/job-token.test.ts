import { expect, test } from "vitest";
import type { JobId } from "./ids.ts";
import { jobTokenText, looksLikeJobToken, parseJobToken } from "./job-token.ts";

const jobId = "documents~abcd~01JDXW5T5Q6M3C9N2V8K4H7R1B" as JobId;
const mac = "a".repeat(43);
const content = { right: "read" as const, expiresAtSeconds: 1_764_000_000, jobId };
const token = `${jobTokenText(content)}.${mac}`;

test("a token is parsed back to what it says, and needs no escape in a URL", () => {
  expect(parseJobToken(token)).toEqual({ content, mac });
  expect(new URLSearchParams({ token: token.replaceAll("~", "") }).toString()).not.toContain("%");
  expect(encodeURIComponent(token)).toBe(token);
});

test.each([
  "",
  "mrj_",
  token.replace("read", "write"),
  token.replace("1764000000", "01764000000"),
  token.replace("1764000000", "1e9"),
  token.replace(jobId, "documents"),
  token.slice(0, -1),
  `${token}a`,
  `${token}.a`,
  token.replace("mrj_", "mr_"),
  `${token}\n`,
])("%j is not a token", (text) => {
  expect(parseJobToken(text)).toBeUndefined();
});

test("only the prefix tells a job token from an API key", () => {
  expect(looksLikeJobToken("mrj_garbage")).toBe(true);
  expect(looksLikeJobToken(`mr_abcd_${"a".repeat(48)}`)).toBe(false);
});
