import { DocumentStoreFault } from "@millrace/shared";
import type { S3Objects } from "./s3-objects.ts";

const PROBE = "probe";
const OTHER_ETAG = '"00000000000000000000000000000000"';

/**
 * Returns a function that throws if the server does not keep a write to its condition: then two programs could remove and use
 * a document at once. It asks the server once, before the first write.
 */
export function conditionProbe(objects: Pick<S3Objects, "put">): () => Promise<void> {
  let probing: Promise<void> | undefined;
  const probe = async () => {
    await objects.put(PROBE, "");
    for (const condition of ["absent", { etag: OTHER_ETAG }] as const) {
      if (!(await objects.put(PROBE, "", condition))) continue;
      const word = condition === "absent" ? "If-None-Match" : "If-Match";
      const message = `the object store of documents ignores ${word} when it writes an object: an operator must choose a server with conditional writes (see docs/documents.md)`;
      throw new DocumentStoreFault("DOCUMENT_STORE_REFUSED", message);
    }
  };
  return () => {
    probing ??= probe().catch((error: unknown) => {
      probing = undefined;
      throw error;
    });
    return probing;
  };
}
