import { type DocumentId, isDocumentId, isKeyId, type KeyId } from "@millrace/shared";
import type { DocumentRef } from "../stored-document.ts";

/** The digits of a ULID, in their order. */
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const START = "doc_".length;

const turned = (ulid: string): string =>
  Array.from(ulid, (digit) => digits[digits.length - 1 - digits.indexOf(digit)]).join("");

/**
 * Names that sort as the newest document first: servers list names in ascending order only. Each digit of the id's ULID is
 * replaced by 31 minus the digit.
 */
export const newestFirst = (id: DocumentId): string => turned(id.slice(START));

/** The document with such a name. */
export function documentNamed(name: string): DocumentId | undefined {
  const id = `doc_${turned(name)}`;
  return isDocumentId(id) ? id : undefined;
}

/** The folders of a place. Each has a folder for each key. */
export const folders = {
  content: "content/",
  descriptions: "documents/",
  /** Which content is which document. */
  same: "same/",
  /** Uploads to addresses. */
  uploads: "uploads/",
  /** Documents that are being removed. */
  removals: "removals/",
} as const;

export type Folder = keyof typeof folders;

export function folderOf(folder: Folder, keyId: KeyId): string {
  if (!isKeyId(keyId)) throw new Error(`${JSON.stringify(keyId)} is not a key id`);
  return `${folders[folder]}${keyId}/`;
}

export function nameIn(folder: Folder, { id, ownerKeyId }: DocumentRef): string {
  if (!isDocumentId(id)) throw new Error(`${JSON.stringify(id)} is not a document id`);
  return `${folderOf(folder, ownerKeyId)}${newestFirst(id)}`;
}
