import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { SealedSecret } from "@millrace/engine";
import type { ReloadedValue } from "@millrace/runtime";
import { type Random, webhookSecretHint } from "@millrace/shared";

/** Encrypts the secrets of webhooks, so that who reads Redis cannot sign. */
export interface SecretSealer {
  seal(secret: string, nowMs: number): SealedSecret;
  /** Throws if the key that sealed the secret is not configured any more, or if the sealed text was altered. */
  open(sealed: SealedSecret): string;
}

/** A key of AES-256, with a name that tells nothing of it. */
export interface SealingKey {
  readonly name: string;
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";
/** The form of the sealed text. */
const FORM = "1";

/** Parses the keys of a setting or a file, separated by commas or lines. Error messages contain no part of a key. */
export function sealingKeys(text: string): readonly SealingKey[] {
  return text.split(/[,\n]/).map((part, index) => {
    const key = Buffer.from(part.trim(), "base64");
    if (key.length === KEY_BYTES) return { name: nameOf(key), key };
    throw new Error(
      `key ${index + 1} must be the base64 of ${KEY_BYTES} random bytes: make one with "openssl rand -base64 32"`,
    );
  });
}

const nameOf = (key: Buffer): string =>
  createHash("sha256").update("name of ").update(key).digest("hex").slice(0, 8);

/**
 * Seals secrets by AES-256-GCM, in the form "1.<name of the key>.<base64 of IV, ciphertext and tag>". The first key seals,
 * and all of them open, so that keys can be replaced one after the other.
 */
export function secretSealer(
  keys: Pick<ReloadedValue<readonly SealingKey[]>, "current">,
  random: Random,
): SecretSealer {
  return {
    seal(secret, nowMs) {
      const [first] = keys.current;
      if (first === undefined) throw new Error("there is no key that seals secrets");
      const iv = Buffer.from(random.bytes(IV_BYTES));
      const cipher = createCipheriv(ALGORITHM, first.key, iv);
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      const bytes = Buffer.concat([iv, text, cipher.getAuthTag()]);
      return {
        sealed: `${FORM}.${first.name}.${bytes.toString("base64")}`,
        hint: webhookSecretHint(secret),
        createdMs: nowMs,
      };
    },
    open({ sealed }) {
      const [form, name, base64 = ""] = sealed.split(".");
      const found = keys.current.find((key) => key.name === name);
      if (form !== FORM || found === undefined) {
        throw new Error(
          `the key that sealed a webhook secret is not configured: add the key named ${name} to MILLRACE_WEBHOOK_KEY, or rotate the secret`,
        );
      }
      const bytes = Buffer.from(base64, "base64");
      const decipher = createDecipheriv(ALGORITHM, found.key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = bytes.subarray(IV_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
    },
  };
}
