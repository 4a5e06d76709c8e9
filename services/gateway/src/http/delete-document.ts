import { create } from "@bufbuild/protobuf";
import { DeleteDocumentRequestSchema, DocumentService } from "@millrace/proto/document-service";
import type { HttpRoute } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { deleteDocument } from "../handlers/delete-document.ts";

/** DELETE /v1/documents/{id}: answers 204, or 409 while a job names the document that has not finished. */
export function deleteDocumentRoute(parts: GatewayParts): HttpRoute<Caller> {
  const remove = deleteDocument(parts);
  return {
    method: "DELETE",
    path: "/v1/documents/{id}",
    rpc: DocumentService.method.deleteDocument,
    async handle({ params: { id: documentId = "" } }, context) {
      await remove(create(DeleteDocumentRequestSchema, { documentId }), context);
      return { status: 204, headers: { "cache-control": "no-store" }, body: "" };
    },
  };
}
