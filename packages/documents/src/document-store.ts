import { createReadStream } from "node:fs";
import {
  type DocumentId,
  isDocumentId,
  type KeyId,
  newDocumentId,
  type Random,
} from "@millrace/shared";
import type {
  DocumentHeader,
  DocumentPage,
  DocumentStore,
  DocumentStoreOptions,
  PutOutcome,
} from "./contract.ts";
import { type DocumentFiles, openDocumentFiles, tidy, tidyUploads } from "./document-files.ts";
import type { LivingDocument, StoredDocument } from "./document-records.ts";
import { putFile } from "./durable-files.ts";
import { type Arrived, receive, type UploadRoom, uploadRooms } from "./uploads.ts";

export async function openDocumentStore(options: DocumentStoreOptions): Promise<DocumentStore> {
  const { directory, maxBytes, clock, random, retentionMs } = options;
  const files = await openDocumentFiles(directory, clock, random, retentionMs);
  const roomFor = uploadRooms(maxBytes, files.byKey);

  const get: DocumentStore["get"] = async (id, ownerKeyId) => {
    const document = isDocumentId(id) ? await files.records.read(id) : undefined;
    const isOwn = ownerKeyId === undefined || document?.ownerKeyId === ownerKeyId;
    return isOwn ? document : undefined;
  };

  return {
    maxBytes,

    async put(ownerKeyId, header, content, keyBytes = Number.POSITIVE_INFINITY) {
      const createdAtMs = clock.nowMs();
      const id = newDocumentId(createdAtMs, random);
      using room = roomFor(ownerKeyId, keyBytes);
      // The room is needed until all of it is stored.
      return await store(files, room, random, { id, ownerKeyId, header, content, createdAtMs });
    },

    get,

    async use(id, ownerKeyId, atMs) {
      const document = await get(id, ownerKeyId);
      return document !== undefined && (await files.records.use(document.id, atMs))
        ? document
        : undefined;
    },

    list: (ownerKeyId, pageSize, pageToken = "") => list(files, ownerKeyId, pageSize, pageToken),

    owners: () => files.byKey.owners(),

    async remove(document) {
      const outcome = await files.records.takeAway(document.id, document.usedAtMs);
      if (outcome !== "taken") return outcome;
      await files.contents.remove(document, document.id);
      await files.discard(document);
      return "removed";
    },

    tidy: (ownerKeyId) => tidy(files, ownerKeyId, clock.nowMs()),

    tidyUploads: () => tidyUploads(files, directory, clock.nowMs()),

    read: (id) => createReadStream(files.contentPath(id)),
  };
}

interface Upload {
  readonly id: DocumentId;
  readonly ownerKeyId: KeyId;
  readonly header: DocumentHeader;
  readonly content: AsyncIterable<Uint8Array>;
  readonly createdAtMs: number;
}

async function store(
  files: DocumentFiles,
  room: UploadRoom,
  random: Random,
  { id, ownerKeyId, header, content, createdAtMs }: Upload,
): Promise<PutOutcome> {
  const { name, expiresAtMs } = header;
  const refused = await room.begin();
  if (refused !== undefined) return refused;
  const path = files.contentPath(id);
  const received: { outcome: Arrived | PutOutcome; known?: DocumentId | undefined } = {
    outcome: { kind: "empty" },
  };
  await putFile(path, random, async (file) => {
    const outcome = await receive(file, content, header, room.refusal);
    received.outcome = outcome;
    if (outcome.kind !== "arrived") return false;
    const { sha256, type } = outcome;
    received.known = await files.contents.find({ ownerKeyId, sha256, ...type });
    const existing = received.known && (await files.renew(received.known, expiresAtMs));
    if (existing === undefined) return true;
    received.outcome = { kind: "stored", document: existing, existing: true };
    return false;
  });
  const { outcome, known } = received;
  if (outcome.kind !== "arrived") return outcome;
  const { sizeBytes, sha256, type } = outcome;
  const document: StoredDocument = {
    ...{ id, ownerKeyId, name: name === "" ? "document" : name, ...type },
    ...{ sizeBytes, sha256, createdAtMs },
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  const living = await files.create(document);
  // Another upload of the same content may have been faster. Then its document is the one that stays.
  const entered = await files.contents.enter(document, id, known);
  const first = entered === id ? undefined : await files.renew(entered, expiresAtMs);
  if (first === undefined) return { kind: "stored", document: living, existing: false };
  if ((await files.records.takeAway(id, living.usedAtMs)) === "used") {
    // A job has named it already, so it stays beside the first one.
    return { kind: "stored", document: living, existing: false };
  }
  await files.discard(document);
  return { kind: "stored", document: first, existing: true };
}

async function list(
  { byKey, records }: DocumentFiles,
  ownerKeyId: KeyId,
  pageSize: number,
  pageToken: string,
): Promise<DocumentPage> {
  const entries = await byKey.entriesOf(ownerKeyId);
  const documents: LivingDocument[] = [];
  for (const { id } of entries.reverse()) {
    if (pageToken !== "" && id >= pageToken) continue;
    const last = documents.at(-1);
    if (documents.length === pageSize && last !== undefined) {
      return { documents, nextPageToken: last.id };
    }
    const document = await records.read(id);
    if (document !== undefined) documents.push(document);
  }
  return { documents };
}
