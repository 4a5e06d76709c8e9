import { type DocumentId, isDocumentId, type KeyId, newDocumentId } from "@millrace/shared";
import { ArrivingContent, RefusedUpload } from "./arriving-content.ts";
import type {
  ArrivingHeader,
  DocumentPage,
  DocumentPlace,
  DocumentStore,
  DocumentStoreOptions,
  PutOutcome,
} from "./contract.ts";
import { openDirectoryHome } from "./directory/directory-home.ts";
import { documentAddresses } from "./document-addresses.ts";
import type { DocumentHome, HomeParts } from "./document-home.ts";
import { laterExpiry } from "./later-expiry.ts";
import { documentOf, makeDocument, sameContent } from "./make-document.ts";
import type { DocumentRef, LivingDocument, StoredDocument } from "./stored-document.ts";
import { storedTypeOf } from "./stored-type.ts";
import { type UploadRoom, uploadRooms } from "./upload-rooms.ts";

export async function openDocumentStore(options: DocumentStoreOptions): Promise<DocumentStore> {
  const { maxBytes, clock, random, retentionMs } = options;
  const parts = { clock, random, later: laterExpiry(clock, retentionMs) };
  const home = await openHome(options, parts);
  const roomFor = uploadRooms(maxBytes, home);
  const get: DocumentStore["get"] = async (id, ownerKeyId) =>
    isDocumentId(id) ? home.find({ id, ownerKeyId }) : undefined;

  return {
    maxBytes,
    addresses: documentAddresses(home, { clock, random, roomFor }),

    async put(
      ownerKeyId,
      header,
      content,
      keyBytes = Number.POSITIVE_INFINITY,
      mostBytes = maxBytes,
    ) {
      const createdAtMs = clock.nowMs();
      const id = newDocumentId(createdAtMs, random);
      using room = roomFor(ownerKeyId, keyBytes, mostBytes);
      // The room is needed until all of it is stored.
      return await store(home, room, { ref: { id, ownerKeyId }, header, content, createdAtMs });
    },

    get,

    async use(id, ownerKeyId, atMs) {
      const document = await get(id, ownerKeyId);
      return document !== undefined && (await home.use(document, atMs)) ? document : undefined;
    },

    list: (ownerKeyId, pageSize, pageToken = "") => list(home, ownerKeyId, pageSize, pageToken),

    owners: home.owners,

    async remove(document) {
      const outcome = await home.takeAway(document, document.usedAtMs);
      if (outcome !== "taken") return outcome;
      await home.contents.remove(document, document.id);
      await home.discard(document);
      return "removed";
    },

    tidy: home.tidy,
    tidyUploads: home.tidyUploads,
    read: home.read,
  };
}

async function openHome(place: DocumentPlace, parts: HomeParts): Promise<DocumentHome> {
  if (!("s3" in place)) return openDirectoryHome(place.directory, parts);
  // Amazon's SDK takes time and memory, so it is loaded only where it is used.
  const { openS3Home } = await import("./s3/s3-home.ts");
  return openS3Home(place.s3, parts);
}

interface Upload {
  readonly ref: DocumentRef;
  readonly header: ArrivingHeader;
  readonly content: AsyncIterable<Uint8Array>;
  readonly createdAtMs: number;
}

async function store(
  home: DocumentHome,
  room: UploadRoom,
  { ref, header, content, createdAtMs }: Upload,
): Promise<PutOutcome> {
  const refused = await room.begin();
  if (refused !== undefined) return refused;
  const arriving = new ArrivingContent(content, room.refusal);
  const written: { outcome?: PutOutcome; document?: StoredDocument; stale?: DocumentId } = {};
  try {
    await home.write(ref, arriving, async (source) => {
      const given = typeof header === "function" ? header(createdAtMs) : header;
      const type = await storedTypeOf(arriving.check, source, given);
      if ("actual" in type) throw new RefusedUpload({ kind: "typeMismatch", ...type });
      const { sizeBytes } = arriving;
      const promised = { sizeBytes, sha256: arriving.sha256() };
      const document = documentOf(ref, given, { ...promised, type, createdAtMs });
      const { existing, stale } = await sameContent(home, document);
      Object.assign(written, { document, stale });
      if (existing === undefined) return true;
      written.outcome = { kind: "stored", document: existing, existing: true };
      return false;
    });
  } catch (error) {
    if (error instanceof RefusedUpload) return error.refusal;
    throw error;
  }
  const { outcome, document, stale } = written;
  if (outcome !== undefined) return outcome;
  if (document === undefined) throw new Error("content was written without being looked at");
  return makeDocument(home, document, stale);
}

/** How many descriptions are read at once. */
const READ_AT_ONCE = 16;

async function list(
  home: DocumentHome,
  ownerKeyId: KeyId,
  pageSize: number,
  pageToken: string,
): Promise<DocumentPage> {
  const documents: LivingDocument[] = [];
  let below = isDocumentId(pageToken) ? pageToken : undefined;
  for (;;) {
    const ids = await home.newest(ownerKeyId, pageSize + 1, below);
    for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
      const some = ids.slice(start, start + READ_AT_ONCE);
      for (const document of await Promise.all(some.map((id) => home.find({ id, ownerKeyId })))) {
        const last = documents.at(-1);
        if (documents.length === pageSize && last !== undefined) {
          return { documents, nextPageToken: last.id };
        }
        if (document !== undefined) documents.push(document);
      }
    }
    below = ids.at(-1);
    if (ids.length <= pageSize) return { documents };
  }
}
