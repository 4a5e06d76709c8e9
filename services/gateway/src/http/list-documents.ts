import { create, toJson } from "@bufbuild/protobuf";
import {
  DocumentService,
  ListDocumentsRequestSchema,
  ListDocumentsResponseSchema,
} from "@millrace/proto/document-service";
import { assertValid, type HttpRoute } from "@millrace/runtime";
import { z } from "zod";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { listDocuments } from "../handlers/list-documents.ts";
import { readQuery } from "./read-query.ts";

const parameters = {
  pageSize: z.coerce.number().int().min(0).max(500).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/documents: lists the caller's documents, newest first. */
export function listDocumentsRoute(parts: GatewayParts): HttpRoute<Caller> {
  const list = listDocuments(parts);
  return {
    method: "GET",
    path: "/v1/documents",
    rpc: DocumentService.method.listDocuments,
    async handle({ query }, context) {
      const request = create(ListDocumentsRequestSchema, readQuery(query, parameters));
      assertValid(ListDocumentsRequestSchema, request);
      const page = create(ListDocumentsResponseSchema, await list(request, context));
      const json = toJson(ListDocumentsResponseSchema, page, { alwaysEmitImplicit: true });
      return {
        status: 200,
        headers: { "content-type": "application/json", "cache-control": "no-store" },
        body: JSON.stringify(json),
      };
    },
  };
}
