import { DocumentService } from "@millrace/proto/document-service";
import type { HttpRoute } from "@millrace/runtime";
import { create as contentDisposition } from "content-disposition";
import type { Caller } from "../callers/caller.ts";
import { ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";

/**
 * GET /v1/documents/{id}/content: sends the bytes as an attachment. A browser must not display what callers upload as a
 * page of ours.
 */
export const documentContentRoute = ({ documents }: GatewayParts): HttpRoute<Caller> => ({
  method: "GET",
  path: "/v1/documents/{id}/content",
  rpc: DocumentService.method.downloadDocument,
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
      body: documents.read(document.id),
    };
  },
});
