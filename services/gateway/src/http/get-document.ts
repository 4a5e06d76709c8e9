import { create } from "@bufbuild/protobuf";
import {
  DocumentSchema,
  DocumentService,
  GetDocumentRequestSchema,
} from "@millrace/proto/document-service";
import type { GatewayParts } from "../gateway-parts.ts";
import { getDocument } from "../handlers/get-document.ts";
import { messageAnswer } from "./json-answer.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

/** GET /v1/documents/{id}: sends a document's metadata. */
export function getDocumentRoute(parts: GatewayParts): GatewayRoute {
  const get = getDocument(parts);
  return {
    method: "GET",
    path: "/v1/documents/{id}",
    rpc: DocumentService.method.getDocument,
    described: {
      answers: { 200: { about: "The document, without its bytes.", message: DocumentSchema } },
      reasons: ["DOCUMENT_NOT_FOUND", ...documentStoreReasons],
    },
    async handle({ params: { id: documentId = "" } }, context) {
      const { document } = await get(create(GetDocumentRequestSchema, { documentId }), context);
      return messageAnswer(200, DocumentSchema, document);
    },
  };
}
