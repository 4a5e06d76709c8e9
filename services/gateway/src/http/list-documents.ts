import { create } from "@bufbuild/protobuf";
import {
  DocumentService,
  ListDocumentsRequestSchema,
  ListDocumentsResponseSchema,
} from "@millrace/proto/document-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { z } from "zod";
import type { GatewayParts } from "../gateway-parts.ts";
import { listDocuments } from "../handlers/list-documents.ts";
import { messageAnswer } from "./json-answer.ts";
import { readQuery } from "./read-query.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

const parameters = {
  pageSize: wholeNumber(0, 500).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/documents: lists the caller's documents, newest first. */
export function listDocumentsRoute(parts: GatewayParts): GatewayRoute {
  const list = listDocuments(parts);
  return {
    method: "GET",
    path: "/v1/documents",
    rpc: DocumentService.method.listDocuments,
    described: {
      query: parameters,
      answers: { 200: { about: "A page of documents.", message: ListDocumentsResponseSchema } },
      reasons: documentStoreReasons,
    },
    async handle({ query }, context) {
      const request = create(ListDocumentsRequestSchema, readQuery(query, parameters));
      assertValid(ListDocumentsRequestSchema, request);
      return messageAnswer(200, ListDocumentsResponseSchema, await list(request, context));
    },
  };
}
