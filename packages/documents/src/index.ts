export { ContentCheck } from "./content-check.ts";
export * from "./document-store.ts";
export {
  contentTypeNamed,
  contentTypes,
  type DocumentContentType,
  documentContentTypes,
  typeNames,
} from "./document-types.ts";
export { decodeText, textEncodingOf } from "./text-encoding.ts";
export { isText, typeOfContent } from "./type-of-content.ts";
export { readZipDirectory, type ZipDirectory } from "./zip-directory.ts";
