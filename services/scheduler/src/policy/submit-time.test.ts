import { expect, test } from "vitest";
import { submitTimeMs } from "./submit-time.ts";

const now = 1_000_000;

test.each([
  ["the gateway's time", now - 5, now - 5],
  ["now", now, now],
  ["a minute ago at most", now - 60_000, now - 60_000],
  ["not before that", now - 60_001, now],
  ["not in the future", now + 1, now],
  ["now without a gateway's time", undefined, now],
])("takes %s as the submit time", (_, gatewayMs, submitted) => {
  expect(submitTimeMs(gatewayMs, now)).toBe(submitted);
});
