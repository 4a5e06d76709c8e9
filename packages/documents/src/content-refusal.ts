import { contentTypes, type DocumentContentType, typeNames } from "./document-types.ts";

/** Why content cannot be read. "The document" and `problem` make a sentence, which says what to do. */
export interface ContentRefusal {
  readonly reason: "DOCUMENT_TYPE_MISMATCH" | "DOCUMENT_ENCRYPTED" | "DOCUMENT_UNREADABLE";
  readonly problem: string;
  /** The media type that the content shows. Left out: it shows none. */
  readonly contentType?: string;
}

/** The container of Office files of the old kind, and of those with a password. */
const OLD_CONTAINER = "application/x-cfb";

export const encrypted = (contentType: string): ContentRefusal => ({
  reason: "DOCUMENT_ENCRYPTED",
  problem: "is encrypted: remove its password, and then upload it",
  contentType,
});

const mismatch = (problem: string, contentType?: string): ContentRefusal => ({
  reason: "DOCUMENT_TYPE_MISMATCH",
  problem,
  ...(contentType === undefined ? {} : { contentType }),
});

/** Office files with a password are in a container of the old kind, in this stream. Its name is in UTF-16. */
const ENCRYPTED_PACKAGE = Buffer.from("EncryptedPackage", "utf16le");
/** The library needs only so much for the types that we name. */
const SNIFFED_BYTES = 4_100;

const advice: readonly (readonly [RegExp, string])[] = [
  [/^image\//, "save it as PNG, or run text recognition (OCR) over it and upload its text"],
  [/^(audio|video)\//, "upload a transcript instead"],
  [
    /(zip|gzip|bzip2|x-7z|x-rar|vnd\.rar|tar|x-xz|zstd|lz4|compress)/,
    "unpack it, and upload each document by itself",
  ],
];

async function sniffed(head: Buffer) {
  // Most processes never need this library.
  const { fileTypeFromBuffer } = await import("file-type");
  return fileTypeFromBuffer(head.subarray(0, SNIFFED_BYTES)).catch(() => undefined);
}

/** How each type of image begins. */
const images: readonly (readonly [RegExp, DocumentContentType])[] = [
  [/^89504e47/, contentTypes.png],
  [/^ffd8ff/, contentTypes.jpeg],
  [/^(49492a00|4d4d002a)/, contentTypes.tiff],
];

export const looksLikeImage = (head: Buffer): boolean => imageNamed(head) !== undefined;

function imageNamed(head: Buffer): DocumentContentType | undefined {
  const start = head.toString("hex", 0, 4);
  return images.find(([magic]) => magic.test(start))?.[1];
}

/**
 * Tells the type of an image by its first bytes. Raw pictures of cameras begin as TIFF does, and cannot be read. The
 * library tells them, if their directory is near: a TIFF may have it at its end.
 */
export async function imageTypeOf(head: Buffer): Promise<DocumentContentType | ContentRefusal> {
  const named = imageNamed(head);
  const found = await sniffed(head);
  // A PNG file may be animated, and holds a picture for programs that show no animation.
  const mime = found?.mime === "image/apng" ? contentTypes.png : found?.mime;
  return named === undefined || (mime !== undefined && mime !== named) ? refusalOf(head) : named;
}

/** Says what content is that cannot be read, by its first bytes. */
export async function refusalOf(head: Buffer): Promise<ContentRefusal> {
  if (head.includes(ENCRYPTED_PACKAGE)) return encrypted(OLD_CONTAINER);
  const found = await sniffed(head);
  if (found?.mime === OLD_CONTAINER) {
    const problem =
      "is of an old binary type (such as DOC, XLS, PPT or MSG): save it as DOCX, XLSX, PPTX, EML or PDF, and upload that";
    return mismatch(problem, OLD_CONTAINER);
  }
  if (found === undefined) {
    return mismatch(`is neither text nor of a type that can be read: upload ${typeNames}`);
  }
  const [, what] = advice.find(([pattern]) => pattern.test(found.mime)) ?? [];
  const problem = `is of the type ${found.mime}, which cannot be read`;
  return mismatch(`${problem}: ${what ?? `upload ${typeNames}`}`, found.mime);
}
