import { DocumentService } from "@millrace/proto/document-service";
import { create as contentDisposition } from "content-disposition";
import { ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

/**
 * GET /v1/documents/{id}/content: sends the bytes as an attachment. A browser must not display what callers upload as a
 * page of ours.
 */
export const documentContentRoute = ({ documents }: GatewayParts): GatewayRoute => ({
  method: "GET",
  path: "/v1/documents/{id}/content",
  rpc: DocumentService.method.downloadDocument,
  described: {
    answers: {
      200: {
        about: "The bytes of the document, in its own content type.",
        bytes: true,
        headers: ["content-disposition"],
      },
    },
    reasons: ["DOCUMENT_NOT_FOUND", ...documentStoreReasons],
  },
  async handle({ params: { id = "" } }, { identity }) {
    const document = await ownDocument(documents, id, identity.keyId);
    return {
      status: 200,
      headers: {
        "content-type": document.contentType,
        "content-length": String(document.sizeBytes),
        "content-disposition": contentDisposition(document.name),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
      body: documents.read(document),
    };
  },
});
