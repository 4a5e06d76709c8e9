import {
  type Clock,
  isDocumentId,
  newDocumentId,
  type Random,
  timeOfDocumentId,
} from "@millrace/shared";
import { ContentCheck } from "./content-check.ts";
import type { CompleteOutcome, DocumentAddresses } from "./contract.ts";
import type { DocumentHome, HomeAddresses, PendingUpload, SentContent } from "./document-home.ts";
import { documentOf, makeDocument, sameContent } from "./make-document.ts";
import type { DocumentRef } from "./stored-document.ts";
import { storedTypeOf } from "./stored-type.ts";
import type { UploadRooms } from "./upload-rooms.ts";

export interface AddressParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly roomFor: UploadRooms;
}

/**
 * Uploads and downloads past the gateway. What was sent to an address becomes a document only once its size and its hash are
 * those that its caller promised, and its type is the declared one.
 */
export function documentAddresses(
  home: DocumentHome,
  { clock, random, roomFor }: AddressParts,
): DocumentAddresses | undefined {
  const { addresses } = home;
  if (addresses === undefined) return undefined;
  return {
    async begin(ownerKeyId, header, promised, keyBytes = Number.POSITIVE_INFINITY) {
      if (promised.sizeBytes === 0) return { kind: "empty" };
      using room = roomFor(ownerKeyId, keyBytes);
      const refused = (await room.begin()) ?? (await room.refusal(promised.sizeBytes));
      if (refused !== undefined) return refused;
      const ref = { id: newDocumentId(clock.nowMs(), random), ownerKeyId };
      return { kind: "begun", address: await addresses.begin(ref, { header, promised }) };
    },

    async complete(ownerKeyId, id) {
      if (!isDocumentId(id)) return { kind: "unknownUpload" };
      const ref = { id, ownerKeyId };
      const done = await home.find(ref);
      if (done !== undefined) return { kind: "stored", document: done, existing: false };
      const pending = await addresses.pending(ref);
      if (pending === undefined) return { kind: "unknownUpload" };
      return complete(home, addresses, ref, pending);
    },

    download: (document) => addresses.download(document),
  };
}

async function complete(
  home: DocumentHome,
  addresses: HomeAddresses,
  ref: DocumentRef,
  pending: PendingUpload,
): Promise<CompleteOutcome> {
  const { ownerKeyId } = ref;
  const { header, promised, completedAs } = pending;
  if (completedAs !== undefined) {
    const document = await home.find({ id: completedAs, ownerKeyId });
    if (document === undefined) return { kind: "unknownUpload" };
    return { kind: "stored", document, existing: true };
  }
  const sent = await addresses.sent(ref);
  if (sent === undefined) return { kind: "nothingSent" };
  if (sent.sizeBytes !== promised.sizeBytes || sent.sha256 !== promised.sha256) {
    await addresses.reject(ref);
    return { kind: "otherContent" };
  }
  const type = await storedTypeOf(checkOf(sent), sent.source, header);
  sent.source.assertRead();
  if ("actual" in type) {
    await addresses.reject(ref);
    return { kind: "typeMismatch", ...type };
  }
  const createdAtMs = timeOfDocumentId(ref.id);
  const document = documentOf(ref, header, { ...promised, type, createdAtMs });
  const { existing, stale } = await sameContent(home, document);
  const outcome =
    existing === undefined
      ? await makeDocument(home, document, stale)
      : { kind: "stored" as const, document: existing, existing: true };
  await addresses.end(ref, pending, outcome.document.id);
  return outcome;
}

/** Judges the content by its first bytes. Whoever reads the document judges all of it again. */
function checkOf({ head, sizeBytes }: SentContent): ContentCheck {
  const check = new ContentCheck();
  check.add(head);
  if (head.length < sizeBytes) check.cut();
  return check;
}
