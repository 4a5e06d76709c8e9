import { create } from "@bufbuild/protobuf";
import {
  CreateDownloadRequestSchema,
  CreateDownloadResponseSchema,
  DocumentService,
} from "@millrace/proto/document-service";
import type { GatewayParts } from "../gateway-parts.ts";
import { createDownload } from "../handlers/create-download.ts";
import { messageAnswer } from "./json-answer.ts";
import { readQuery } from "./read-query.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

/** POST /v1/documents/{id}:download: makes an address for a download past the gateway. */
export function documentDownloadRoute(parts: GatewayParts): GatewayRoute {
  const createOne = createDownload(parts);
  return {
    method: "POST",
    path: "/v1/documents/{id}:download",
    rpc: DocumentService.method.createDownload,
    described: {
      answers: {
        201: { about: "The address, for GET.", message: CreateDownloadResponseSchema },
      },
      reasons: ["DOCUMENT_NOT_FOUND", "NO_OBJECT_STORE", ...documentStoreReasons],
    },
    async handle({ params: { id: documentId = "" }, query }, context) {
      readQuery(query, {});
      const request = create(CreateDownloadRequestSchema, { documentId });
      return messageAnswer(201, CreateDownloadResponseSchema, await createOne(request, context));
    },
  };
}
