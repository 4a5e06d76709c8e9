import type { ApiKeyRecord } from "@millrace/engine";
import { rpcError } from "@millrace/runtime";
import { isKeyId, type KeyId } from "@millrace/shared";

/** The key id of a request, whose form validation has checked. */
export function keyIdOf(text: string): KeyId {
  if (!isKeyId(text)) throw new Error("validation let a key id through");
  return text;
}

/** What the engine found under a key id, or KEY_NOT_FOUND. */
export function existingKey(keyId: KeyId, found: ApiKeyRecord | undefined): ApiKeyRecord {
  if (found !== undefined) return found;
  throw rpcError({ reason: "KEY_NOT_FOUND", message: `there is no API key ${keyId}` });
}
