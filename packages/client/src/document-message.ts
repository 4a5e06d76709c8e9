import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Document as DocumentMessage } from "@millrace/proto/document-service";

export interface Document {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** SHA-256, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly createTime?: Date;
  /** When it will be deleted, unless a job names it that has not finished. */
  readonly expireTime?: Date;
  /** Why workers cannot read its text, and what to do, as the end of a sentence that begins with "the document". */
  readonly unreadable?: string;
}

export const documentOf = (message: DocumentMessage): Document => ({
  id: message.id,
  name: message.name,
  contentType: message.contentType,
  sizeBytes: Number(message.size),
  sha256: message.sha256,
  ...(message.createTime === undefined ? {} : { createTime: timestampDate(message.createTime) }),
  ...(message.expireTime === undefined ? {} : { expireTime: timestampDate(message.expireTime) }),
  ...(message.unreadable === "" ? {} : { unreadable: message.unreadable }),
});
