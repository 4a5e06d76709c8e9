import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { DocumentSchema } from "@millrace/proto/document-service";
import type { HttpAnswer } from "@millrace/runtime";

/** Answers with a document's metadata, in proto3 JSON. */
export const documentAnswer = (
  status: number,
  document: MessageInitShape<typeof DocumentSchema> | undefined,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(
    toJson(DocumentSchema, create(DocumentSchema, document), { alwaysEmitImplicit: true }),
  ),
});
