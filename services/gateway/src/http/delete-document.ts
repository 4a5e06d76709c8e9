import { create } from "@bufbuild/protobuf";
import { DeleteDocumentRequestSchema, DocumentService } from "@millrace/proto/document-service";
import type { GatewayParts } from "../gateway-parts.ts";
import { deleteDocument } from "../handlers/delete-document.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

/** DELETE /v1/documents/{id}: answers 204, or 409 while a job names the document that has not finished. */
export function deleteDocumentRoute(parts: GatewayParts): GatewayRoute {
  const remove = deleteDocument(parts);
  return {
    method: "DELETE",
    path: "/v1/documents/{id}",
    rpc: DocumentService.method.deleteDocument,
    described: {
      answers: { 204: { about: "The document is deleted." } },
      reasons: ["DOCUMENT_NOT_FOUND", "DOCUMENT_IN_USE", ...documentStoreReasons],
    },
    async handle({ params: { id: documentId = "" } }, context) {
      await remove(create(DeleteDocumentRequestSchema, { documentId }), context);
      return { status: 204, headers: { "cache-control": "no-store" }, body: "" };
    },
  };
}
