export { ContentCheck } from "./content-check.ts";
export type * from "./contract.ts";
export { openDocumentStore } from "./document-store.ts";
export {
  contentTypeNamed,
  contentTypes,
  type DocumentContentType,
  isImage,
  isTextual,
  mediaTypeNamed,
  typeNames,
} from "./document-types.ts";
export type { S3Place } from "./s3/s3-place.ts";
export type { LivingDocument, StoredDocument } from "./stored-document.ts";
export { decodeText, textEncodingOf } from "./text-encoding.ts";
export { isText, typeOfContent } from "./type-of-content.ts";
export { readZipDirectory, type ZipDirectory } from "./zip-directory.ts";
