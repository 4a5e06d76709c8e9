/** Secrets that sign webhooks, in the form of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. */
import type { Random } from "./random.ts";

const PREFIX = "whsec_";
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
/** As many as an HMAC of SHA-256 has: more bytes do not make it stronger. */
const NEW_BYTES = 32;
/** A hint tells two secrets apart, and leaves the secret as hard to guess. */
const HINT_LENGTH = 4;

/** What a secret must look like, for error messages. */
export const webhookSecretForm: string = `must be "${PREFIX}" and the base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes`;

export const newWebhookSecret = (random: Random): string =>
  PREFIX + Buffer.from(random.bytes(NEW_BYTES)).toString("base64");

/** Whether `text` is a secret. Its base64 must be the standard one with its padding, which every library decodes. */
export function isWebhookSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const base64 = text.slice(PREFIX.length);
  const bytes = Buffer.from(base64, "base64");
  return (
    bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES && bytes.toString("base64") === base64
  );
}

/** The last characters of a secret, without the padding of its base64. */
export const webhookSecretHint = (secret: string): string =>
  secret.replace(/=+$/, "").slice(-HINT_LENGTH);
