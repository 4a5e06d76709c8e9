import type { DocumentId, KeyId } from "@millrace/shared";
import type { StoredType } from "./stored-type.ts";

export interface StoredDocument extends StoredType {
  readonly id: DocumentId;
  readonly ownerKeyId: KeyId;
  readonly name: string;
  readonly sizeBytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
  readonly createdAtMs: number;
  /** From this time on the document is removed as soon as no unfinished job names it. */
  readonly expiresAtMs?: number;
  /** What it is for, in the words of the caller who stored this content first. */
  readonly purpose?: string;
}

export interface LivingDocument extends StoredDocument {
  /** When the document was uploaded last, named by a job last, or known to be named by an unfinished job or a schedule. */
  readonly usedAtMs: number;
}

/** Names a document. */
export type DocumentRef = Pick<StoredDocument, "id" | "ownerKeyId">;
