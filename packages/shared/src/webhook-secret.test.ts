import { expect, test } from "vitest";
import { systemRandom as random } from "./random.ts";
import { isWebhookSecret, newWebhookSecret, webhookSecretHint } from "./webhook-secret.ts";

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString("base64")}`;

test("a new secret has the form, and is new each time", () => {
  const [one, two] = [newWebhookSecret(random), newWebhookSecret(random)];
  expect(isWebhookSecret(one)).toBe(true);
  expect(one).not.toBe(two);
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});

test.each([
  ["24 bytes", secretOf(24), true],
  ["23 bytes", secretOf(23), false],
  ["64 bytes", secretOf(64), true],
  ["65 bytes", secretOf(65), false],
  ["no prefix", secretOf(32).slice(6), false],
  ["the URL's alphabet", secretOf(32).replaceAll("+", "-"), false],
  ["no padding", secretOf(32).replace(/=+$/, ""), false],
  ["a line break", `${secretOf(32)}\n`, false],
  ["nothing", "", false],
])("a secret with %s", (_, secret, isSecret) => {
  expect(isWebhookSecret(secret)).toBe(isSecret);
});

test("a hint is the end of the secret without its padding", () => {
  expect(webhookSecretHint("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAABCDE==")).toBe("BCDE");
});
