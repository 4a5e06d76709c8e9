import type { DocumentAddresses, DocumentStore } from "@millrace/documents";
import { rpcError } from "@millrace/runtime";

const other = {
  upload: "use UploadDocument, or PUT /v1/documents",
  download: "use DownloadDocument, or GET /v1/documents/{id}/content",
};

/** Returns what makes addresses. Throws NO_OBJECT_STORE if documents are in a directory. */
export function addressesOf(
  { addresses }: Pick<DocumentStore, "addresses">,
  what: keyof typeof other,
): DocumentAddresses {
  if (addresses !== undefined) return addresses;
  throw rpcError({
    reason: "NO_OBJECT_STORE",
    message: `documents are in a directory here, so there are no addresses: ${other[what]}`,
  });
}
