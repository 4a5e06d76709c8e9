export { type DocumentContentType, documentContentTypes } from "./content-check.ts";
export * from "./document-store.ts";
