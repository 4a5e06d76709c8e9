import type { KeyId } from "@millrace/shared";
import type { UploadRefusal } from "./contract.ts";
import { countedAs, type DocumentHome } from "./document-home.ts";

/**
 * Counts the bytes of uploads under way, by key. The returned function adds bytes to a key's count and returns
 * the new count.
 */
function arrivals(): (keyId: KeyId, bytes: number) => number {
  const arriving = new Map<KeyId, number>();
  return (keyId, bytes) => {
    const sum = (arriving.get(keyId) ?? 0) + bytes;
    if (sum === 0) arriving.delete(keyId);
    else arriving.set(keyId, sum);
    return sum;
  };
}

type SizeRefusal = Extract<UploadRefusal, { readonly kind: "tooLarge" | "keyFull" }>;

/** The room that one upload has. It counts against its key's limit until it is disposed of. */
export interface UploadRoom extends Disposable {
  /** Counts the least that a document takes. Returns why the upload is refused. */
  begin(): Promise<SizeRefusal | undefined>;
  /** Counts the upload as `bytes` long. Returns why it may not be. */
  refusal(bytes: number): Promise<SizeRefusal | undefined>;
}

export type UploadRooms = (ownerKeyId: KeyId, keyBytes: number, maxBytes?: number) => UploadRoom;

/** Limits the bytes of each upload, and with those of other uploads and documents the bytes of each key. */
export function uploadRooms(usualBytes: number, home: Pick<DocumentHome, "bytesOf">): UploadRooms {
  const arrive = arrivals();
  return (ownerKeyId, keyBytes, maxBytes = usualBytes) => {
    let counted = 0;
    const count = async (bytes: number): Promise<SizeRefusal | undefined> => {
      if (keyBytes === Number.POSITIVE_INFINITY || bytes <= counted) return undefined;
      const arrivingBytes = arrive(ownerKeyId, bytes - counted);
      counted = bytes;
      const storedBytes = await home.bytesOf(ownerKeyId);
      if (storedBytes + arrivingBytes <= keyBytes) return undefined;
      return { kind: "keyFull", storedBytes, limitBytes: keyBytes };
    };
    return {
      begin: () => count(countedAs(0)),
      refusal: async (bytes) =>
        bytes > maxBytes ? { kind: "tooLarge", limitBytes: maxBytes } : count(bytes),
      [Symbol.dispose]: () => void arrive(ownerKeyId, -counted),
    };
  };
}
