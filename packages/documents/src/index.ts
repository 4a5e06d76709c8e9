export { ContentCheck } from "./content-check.ts";
export type * from "./contract.ts";
export type { LivingDocument, StoredDocument } from "./document-records.ts";
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
export { decodeText, textEncodingOf } from "./text-encoding.ts";
export { isText, typeOfContent } from "./type-of-content.ts";
export { readZipDirectory, type ZipDirectory } from "./zip-directory.ts";
