import type { ApiKeyRecord } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isKeyId, type KeyId } from "@millrace/shared";

/** Reads a request's key id, whose form validation has checked. */
export function keyIdOf(text: string): KeyId {
  if (!isKeyId(text)) throw new Error("validation accepted a malformed key id");
  return text;
}

/** Returns the key that the engine found. Throws KEY_NOT_FOUND if it found none. */
export function existingKey(keyId: KeyId, found: ApiKeyRecord | undefined): ApiKeyRecord {
  if (found !== undefined) return found;
  throw rpcError({ reason: "KEY_NOT_FOUND", message: `there is no API key ${keyId}` });
}
