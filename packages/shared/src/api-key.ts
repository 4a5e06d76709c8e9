import { createHash } from "node:crypto";
import { isKeyId, type KeyId } from "./ids.ts";
import type { Random } from "./random.ts";

/** An API key as its owner holds it: `mr_<key id>_<secret>`. Never stored, never logged. */
export interface ApiKey {
  readonly keyId: KeyId;
  readonly secret: string;
}

const SECRET = /^[A-Za-z0-9-]{32,86}$/;
const KEY_ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const KEY_ID_LENGTH = 10;
/** 192 bits: beyond guessing, so a fast hash at rest is enough. */
const SECRET_BYTES = 24;

/** The parts of an API key, or undefined if `text` is not one. */
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

/** What is stored and compared in place of a secret: its SHA-256, 32 bytes. */
export const hashSecret = (secret: string): Buffer => createHash("sha256").update(secret).digest();
