import { createHash } from "node:crypto";
import { isKeyId, type KeyId } from "./ids.ts";
import type { Random } from "./random.ts";

/** An API key as its owner holds it: `mr_<key id>_<secret>`. It is never stored and never logged. */
export interface ApiKey {
  readonly keyId: KeyId;
  readonly secret: string;
}

const SECRET = /^[A-Za-z0-9-]{32,86}$/;
const KEY_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const KEY_ID_LENGTH = 10;
/** A secret has 192 bits, so it cannot be guessed, and a fast hash is enough to store it. */
const SECRET_BYTES = 24;

/** Parses an API key. Undefined if `text` is not one. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [scheme, keyId, secret, ...rest] = text.split("_");
  if (scheme !== "mr" || keyId === undefined || secret === undefined || rest.length > 0) return;
  if (!isKeyId(keyId) || !SECRET.test(secret)) return;
  return { keyId, secret };
}

export const formatApiKey = (key: ApiKey): string => `mr_${key.keyId}_${key.secret}`;

export function newApiKey(random: Random): ApiKey {
  const keyId = Array.from(
    random.bytes(KEY_ID_LENGTH),
    (byte) => KEY_ID_ALPHABET[byte % KEY_ID_ALPHABET.length],
  ).join("");
  return { keyId: keyId as KeyId, secret: Buffer.from(random.bytes(SECRET_BYTES)).toString("hex") };
}

/** Hashes a secret with SHA-256, to 32 bytes. Millrace stores and compares the hash instead of the secret. */
export const hashSecret = (secret: string): Buffer => createHash("sha256").update(secret).digest();
