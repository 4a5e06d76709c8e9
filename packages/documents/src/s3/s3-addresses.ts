import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type Clock, type DocumentId, type KeyId, timeOfDocumentId } from "@millrace/shared";
import { create as contentDisposition } from "content-disposition";
import { countedAs, type HomeAddresses, type PendingUpload } from "../document-home.ts";
import type { KnownBytes } from "../known-bytes.ts";
import type { DocumentRef } from "../stored-document.ts";
import { documentNamed, folderOf, nameIn } from "./object-names.ts";
import { bytesOf, RangeObject } from "./range-objects.ts";
import { s3Client } from "./s3-client.ts";
import type { S3Objects } from "./s3-objects.ts";
import { DEFAULT_ADDRESS_MS, type S3Place } from "./s3-place.ts";
import { orFault } from "./s3-requests.ts";

/** How long after the end of its address an upload can be completed. */
const COMPLETE_MS = 3_600_000;
/** How much of the content is looked at for its type. */
const HEAD_BYTES = 1_024 * 1_024;
const CHECKSUM = "x-amz-checksum-sha256";
const ONCE = "if-none-match";

const lifeMs = ({ addressMs = DEFAULT_ADDRESS_MS }: S3Place): number => addressMs + COMPLETE_MS;

/**
 * Returns the bytes of a key: of its contents, and of uploads to addresses that are not there yet and may still come. The
 * names of these are `<document>.<bytes>`, so no object has to be read.
 */
export async function storedBytes(
  objects: S3Objects,
  keyId: KeyId,
  place: S3Place,
  nowMs: number,
): Promise<number> {
  let bytes = 0;
  const there = new Set<string>();
  const content = folderOf("content", keyId);
  for await (const { name, sizeBytes } of objects.list(content)) {
    there.add(name.slice(content.length));
    bytes += countedAs(sizeBytes);
  }
  const uploads = folderOf("uploads", keyId);
  for await (const { name } of objects.list(uploads)) {
    const [document = "", size] = name.slice(uploads.length).split(".");
    const id = documentNamed(document);
    const mayCome = id !== undefined && timeOfDocumentId(id) + lifeMs(place) > nowMs;
    if (mayCome && size !== "0" && !there.has(document)) bytes += countedAs(Number(size));
  }
  return bytes;
}

export interface S3AddressParts {
  readonly objects: S3Objects;
  readonly clock: Clock;
  readonly known: KnownBytes;
  /** Throws if the server does not keep a write to its condition. */
  readonly assertConditions: () => Promise<void>;
}

export function s3Addresses(
  place: S3Place,
  { objects, clock, known, assertConditions }: S3AddressParts,
): HomeAddresses {
  const { addressMs = DEFAULT_ADDRESS_MS } = place;
  const client = s3Client(place, place.publicEndpoint ?? place.endpoint);
  const at = (ref: DocumentRef) => ({
    Bucket: place.bucket,
    Key: `${place.prefix}${nameIn("content", ref)}`,
  });
  const expiresIn = Math.ceil(addressMs / 1_000);
  const pendingName = (ref: DocumentRef, sizeBytes: number) =>
    `${nameIn("uploads", ref)}.${sizeBytes}`;

  return {
    async begin(ref, pending) {
      await assertConditions();
      const { sizeBytes, sha256 } = pending.promised;
      await objects.put(pendingName(ref, sizeBytes), JSON.stringify(pending));
      known.change(ref.ownerKeyId, countedAs(sizeBytes));
      const checksum = Buffer.from(sha256, "hex").toString("base64");
      const command = new PutObjectCommand({
        ...at(ref),
        ...{ ContentLength: sizeBytes, ChecksumSHA256: checksum, IfNoneMatch: "*" },
      });
      const expiresAtMs = clock.nowMs() + addressMs;
      const url = await orFault(() =>
        getSignedUrl(client, command, {
          expiresIn,
          // As headers, they bind the request: the server refuses another size, other content, and a second object.
          unhoistableHeaders: new Set([CHECKSUM]),
          signableHeaders: new Set(["host", "content-length", CHECKSUM, ONCE]),
        }),
      );
      return { id: ref.id, url, headers: { [CHECKSUM]: checksum, [ONCE]: "*" }, expiresAtMs };
    },

    async pending(ref) {
      if (timeOfDocumentId(ref.id) + lifeMs(place) < clock.nowMs()) return undefined;
      // An upload that was completed has a second object, whose name comes first.
      for await (const { name } of objects.list(`${nameIn("uploads", ref)}.`, { max: 1 })) {
        const found = await objects.get(name);
        return found === undefined ? undefined : (JSON.parse(found.text) as PendingUpload);
      }
      return undefined;
    },

    async sent(ref) {
      const name = nameIn("content", ref);
      const found = await objects.head(name);
      if (found === undefined) return undefined;
      const { sizeBytes, sha256 = await hashOf(objects, name) } = found;
      const end = Math.min(HEAD_BYTES, sizeBytes);
      const head = await bytesOf(objects.read(name, { start: 0, end }));
      return { sizeBytes, sha256, head, source: new RangeObject(objects, name, sizeBytes) };
    },

    reject: (ref) => objects.remove(nameIn("content", ref)),

    async end(ref, pending, completedAs: DocumentId) {
      const { sizeBytes } = pending.promised;
      if (completedAs !== ref.id) {
        await objects.put(pendingName(ref, 0), JSON.stringify({ ...pending, completedAs }));
        await objects.remove(nameIn("content", ref));
      }
      await objects.remove(pendingName(ref, sizeBytes));
      known.change(ref.ownerKeyId, -countedAs(sizeBytes));
    },

    async download(document) {
      const command = new GetObjectCommand({
        ...at(document),
        ResponseContentType: document.contentType,
        // A browser must not display what callers upload as a page of the server.
        ResponseContentDisposition: contentDisposition(document.name),
        ResponseCacheControl: "no-store",
      });
      const expiresAtMs = clock.nowMs() + addressMs;
      const url = await orFault(() => getSignedUrl(client, command, { expiresIn }));
      return { url, expiresAtMs };
    },
  };
}

async function hashOf(objects: S3Objects, name: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of objects.read(name)) hash.update(piece);
  return hash.digest("hex");
}
