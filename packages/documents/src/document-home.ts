import type { Clock, DocumentId, KeyId, Random } from "@millrace/shared";
import type {
  DocumentHeader,
  DownloadAddress,
  PromisedContent,
  UploadAddress,
} from "./contract.ts";
import type { LaterExpiry } from "./later-expiry.ts";
import type { DocumentRef, LivingDocument, StoredDocument } from "./stored-document.ts";
import type { RangeSource, ZipSource } from "./zip-directory.ts";

/** What makes two documents of a key the same one. */
export interface Content {
  readonly ownerKeyId: KeyId;
  readonly sha256: string;
  readonly contentType: string;
}

/**
 * Finds the document of a key by its content. An entry may outlive its document after a crash: whoever finds it looks whether
 * the document exists.
 */
export interface ContentIndex {
  find(content: Content): Promise<DocumentId | undefined>;
  /**
   * Enters a document. Returns the document that was entered first, if another upload of the content was faster.
   * `stale` is the entry of a document that is gone; it is replaced.
   */
  enter(content: Content, id: DocumentId, stale?: DocumentId): Promise<DocumentId>;
  /** Removes the entry of a document. */
  remove(content: Content, id: DocumentId): Promise<void>;
}

/** An upload to an address, which is no document yet. */
export interface PendingUpload {
  readonly header: DocumentHeader;
  readonly promised: PromisedContent;
  /** The document that its content turned out to be already. */
  readonly completedAs?: DocumentId;
}

/** What was sent to an address. */
export interface SentContent {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The first bytes. */
  readonly head: Uint8Array;
  readonly source: RangeSource;
}

/** Lets callers send and get content without this program. */
export interface HomeAddresses {
  begin(ref: DocumentRef, pending: PendingUpload): Promise<UploadAddress>;
  /** Undefined if there is no such upload, or its time is over. */
  pending(ref: DocumentRef): Promise<PendingUpload | undefined>;
  /** Undefined if nothing was sent. */
  sent(ref: DocumentRef): Promise<SentContent | undefined>;
  /** Deletes what was sent. */
  reject(ref: DocumentRef): Promise<void>;
  /** Ends an upload whose content became this document, or another one. */
  end(ref: DocumentRef, pending: PendingUpload, completedAs: DocumentId): Promise<void>;
  download(document: StoredDocument): Promise<DownloadAddress>;
}

/**
 * Where documents are. A document has a content and a description, and exists once its description does: the description is
 * written last and taken away first. What must happen at once here happens at once for all programs that share the home.
 */
export interface DocumentHome {
  readonly contents: ContentIndex;
  /** Undefined: callers send and get content by the gateway only. */
  readonly addresses?: HomeAddresses;
  /**
   * Writes content as it arrives, in bounded memory. `keep` is called once all of it is written, and decides whether it stays.
   * Keeps nothing if `content` or `keep` throws, and throws that.
   */
  write(
    ref: DocumentRef,
    content: AsyncIterable<Uint8Array>,
    keep: (source: ZipSource) => Promise<boolean>,
  ): Promise<void>;
  /** Reads the content in order. Throws if there is no such document. */
  read(document: DocumentRef): AsyncIterable<Uint8Array>;
  /** Makes a document of content that is written. */
  create(document: StoredDocument): Promise<LivingDocument>;
  find(ref: DocumentRef): Promise<LivingDocument | undefined>;
  /** Records a use now, or one at `atMs` if no later one is recorded. Returns false if the document is gone. After it, `takeAway` leaves the document. */
  use(ref: DocumentRef, atMs?: number): Promise<boolean>;
  /**
   * Has a document live on whose content was uploaded again: its retention begins anew, and the later expiry holds.
   * Undefined if it is gone.
   */
  renew(ref: DocumentRef, expiresAtMs: number | undefined): Promise<LivingDocument | undefined>;
  /** Takes a description away, after which the document does not exist. "used": it was used after `usedAtMs`, and stays. */
  takeAway(ref: DocumentRef, usedAtMs: number): Promise<"taken" | "used" | "missing">;
  /** Deletes what is left of a document whose description was taken away, or never written. */
  discard(document: Pick<StoredDocument, "id" | "ownerKeyId" | "sizeBytes">): Promise<void>;
  /**
   * Returns the bytes of a key's documents as this program knows them. What it stores itself counts at once, what others
   * store within 10 s.
   */
  bytesOf(keyId: KeyId): Promise<number>;
  /** The newest documents of a key that are older than `below`, newest first: also such as are being stored, or were left over. */
  newest(keyId: KeyId, count: number, below?: DocumentId): Promise<readonly DocumentId[]>;
  /** The keys that have documents. */
  owners(): Promise<readonly KeyId[]>;
  /** Mends what a crash left of a key's documents, once it is a day old. */
  tidy(keyId: KeyId): Promise<void>;
  /** Removes what a crash left of uploads that are no document yet, once it is a day old. */
  tidyUploads(): Promise<void>;
}

/** What a home works with. */
export interface HomeParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly later: LaterExpiry;
}

/** What is younger may belong to an upload or a removal that is under way. */
export const LEFT_OVER_MS = 24 * 3_600_000;

/** The least that a document counts. In a directory its content, its description and its entry are files. */
const LEAST_BYTES = 12 * 1_024;

export const countedAs = (sizeBytes: number): number => Math.max(sizeBytes, LEAST_BYTES);
