import type { Clock, DocumentId, KeyId, Random } from "@millrace/shared";
import type { S3Place } from "./s3/s3-place.ts";
import type { DocumentRef, LivingDocument, StoredDocument } from "./stored-document.ts";
import type { TypeMismatch } from "./stored-type.ts";

export type PutOutcome =
  | {
      readonly kind: "stored";
      readonly document: LivingDocument;
      /** True: the key had stored the same content before, and the document is that one. */
      readonly existing: boolean;
    }
  | UploadRefusal;

export type UploadRefusal =
  | { readonly kind: "empty" }
  | { readonly kind: "tooLarge"; readonly limitBytes: number }
  /** The key's documents already take `storedBytes`. With this document they would exceed the limit. */
  | { readonly kind: "keyFull"; readonly storedBytes: number; readonly limitBytes: number }
  | ({ readonly kind: "typeMismatch" } & TypeMismatch);

export interface DocumentHeader {
  /** A name for people. Empty means "document". */
  readonly name: string;
  /** A media type in lower case, without parameters. Default: detected from the content. */
  readonly contentType?: string;
  /** From this time on the document is removed as soon as no unfinished job names it. */
  readonly expiresAtMs?: number;
  /** What the document is for, in the words of its caller. */
  readonly purpose?: string;
}

/** A function is called when all content has arrived: what is said of a document may follow its content. */
export type ArrivingHeader = DocumentHeader | ((createdAtMs: number) => DocumentHeader);

export interface DocumentPage {
  /** Newest first. */
  readonly documents: readonly LivingDocument[];
  /** Its absence marks the last page. */
  readonly nextPageToken?: string;
}

/** What a caller says of content that it will send to an address. */
export interface PromisedContent {
  readonly sizeBytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

/** Where a caller sends content itself. The address takes one object with the promised size and hash, once. */
export interface UploadAddress {
  /** The id that the document will have, unless its content is that of an older one. */
  readonly id: DocumentId;
  readonly url: string;
  /** What the request must have besides its length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAtMs: number;
}

export interface DownloadAddress {
  readonly url: string;
  readonly expiresAtMs: number;
}

export type BeginOutcome =
  | { readonly kind: "begun"; readonly address: UploadAddress }
  | Exclude<UploadRefusal, { readonly kind: "typeMismatch" }>;

export type CompleteOutcome =
  | PutOutcome
  /** There is no such upload of this key, or its time is over. */
  | { readonly kind: "unknownUpload" }
  /** Nothing has been sent to the address. */
  | { readonly kind: "nothingSent" }
  /** What was sent is not what was promised. It is deleted, and the address can be used again. */
  | { readonly kind: "otherContent" };

/** Lets callers send and get content past the gateway. */
export interface DocumentAddresses {
  /** Makes an address for an upload. Its bytes count against the key's limit until the upload is completed or its time is over. */
  begin(
    ownerKeyId: KeyId,
    header: DocumentHeader,
    promised: PromisedContent,
    keyBytes?: number,
  ): Promise<BeginOutcome>;
  /** Makes a document of what was sent to an address. Safe to repeat. */
  complete(ownerKeyId: KeyId, id: string): Promise<CompleteOutcome>;
  download(document: StoredDocument): Promise<DownloadAddress>;
}

export type RemoveOutcome = "removed" | "used" | "missing";

export interface DocumentStore {
  /** The largest size of a document. */
  readonly maxBytes: number;
  /** Undefined: callers send and get content by the gateway only. */
  readonly addresses: DocumentAddresses | undefined;
  /**
   * Stores a document, which is durable once this resolves. Content that the key has stored under the same type is not
   * stored again: its retention begins anew, and the later of both expiries holds. Throws what `content` throws, and then
   * keeps nothing. `keyBytes` limits the bytes of all the owner's documents, including uploads under way. Default: no limit.
   * `mostBytes` limits this document in place of `maxBytes`. If several programs store documents, each one sees the others' documents within 10 s.
   */
  put(
    ownerKeyId: KeyId,
    header: ArrivingHeader,
    content: AsyncIterable<Uint8Array>,
    keyBytes?: number,
    mostBytes?: number,
  ): Promise<PutOutcome>;
  /** Undefined if the key has no such document. */
  get(id: string, ownerKeyId: KeyId): Promise<LivingDocument | undefined>;
  /** As `get`, and records that a job names the document now, or that one named it until `atMs`. The latest use counts. */
  use(id: string, ownerKeyId: KeyId, atMs?: number): Promise<StoredDocument | undefined>;
  /** The documents of a key, newest first. */
  list(ownerKeyId: KeyId, pageSize: number, pageToken?: string): Promise<DocumentPage>;
  /** The keys that have documents. */
  owners(): Promise<readonly KeyId[]>;
  /** Removes a document, unless it was used since `document` was read: then it stays. */
  remove(document: LivingDocument): Promise<RemoveOutcome>;
  /** Mends what a crash left of a key's documents, once it is a day old. */
  tidy(ownerKeyId: KeyId): Promise<void>;
  /** Removes what a crash left of uploads that are no document yet, once it is a day old. */
  tidyUploads(): Promise<void>;
  /** Reads the content in order. Throws if there is no such document. */
  read(document: DocumentRef): AsyncIterable<Uint8Array>;
}

/** Where documents are. All programs that share documents name the same place. */
export type DocumentPlace =
  /** The directory is created if it is missing. */
  { readonly directory: string } | { readonly s3: S3Place };

export type DocumentStoreOptions = DocumentPlace & {
  readonly maxBytes: number;
  /** How long documents without an expiry are kept after their last use. Default: for ever. */
  readonly retentionMs?: number;
  readonly clock: Clock;
  readonly random: Random;
};
