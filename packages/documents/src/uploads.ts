import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { KeyId } from "@millrace/shared";
import { ContentCheck } from "./content-check.ts";
import type { DocumentHeader, UploadRefusal } from "./contract.ts";
import { writeAll } from "./durable-files.ts";
import { LEAST_BYTES, type StoredByKey } from "./stored-by-key.ts";
import { type StoredType, storedTypeOf } from "./stored-type.ts";

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

/** The room that one upload has. It counts against its key's limit until it is disposed of. */
export interface UploadRoom extends Disposable {
  /** Counts the least that a document takes. Returns why the upload is refused. */
  begin(): Promise<UploadRefusal | undefined>;
  /** Counts the upload as `bytes` long. Returns why it may not be. */
  refusal(bytes: number): Promise<UploadRefusal | undefined>;
}

/** Limits the bytes of each upload, and with those of other uploads and documents the bytes of each key. */
export function uploadRooms(
  maxBytes: number,
  byKey: Pick<StoredByKey, "bytesOf">,
): (ownerKeyId: KeyId, keyBytes: number) => UploadRoom {
  const arrive = arrivals();
  return (ownerKeyId, keyBytes) => {
    let counted = 0;
    const count = async (bytes: number): Promise<UploadRefusal | undefined> => {
      if (keyBytes === Number.POSITIVE_INFINITY || bytes <= counted) return undefined;
      const arrivingBytes = arrive(ownerKeyId, bytes - counted);
      counted = bytes;
      const storedBytes = await byKey.bytesOf(ownerKeyId);
      if (storedBytes + arrivingBytes <= keyBytes) return undefined;
      return { kind: "keyFull", storedBytes, limitBytes: keyBytes };
    };
    return {
      begin: () => count(LEAST_BYTES),
      refusal: async (bytes) =>
        bytes > maxBytes ? { kind: "tooLarge", limitBytes: maxBytes } : count(bytes),
      [Symbol.dispose]: () => void arrive(ownerKeyId, -counted),
    };
  };
}

/** What an upload is, once all of it has arrived. */
export interface Arrived {
  readonly kind: "arrived";
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly type: StoredType;
}

/** Writes content to a file while it arrives. `refusal` says why the content may not have that many bytes. */
export async function receive(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
  header: DocumentHeader,
  refusal: (sizeBytes: number) => Promise<UploadRefusal | undefined>,
): Promise<Arrived | UploadRefusal> {
  const hash = createHash("sha256");
  const check = new ContentCheck();
  let sizeBytes = 0;
  for await (const piece of content) {
    sizeBytes += piece.length;
    const refused = await refusal(sizeBytes);
    if (refused !== undefined) return refused;
    hash.update(piece);
    check.add(piece);
    await writeAll(file, piece);
  }
  if (sizeBytes === 0) return { kind: "empty" };
  const type = await storedTypeOf(check, file.fd, header);
  if ("actual" in type) return { kind: "typeMismatch", ...type };
  return { kind: "arrived", sizeBytes, sha256: hash.digest("hex"), type };
}
