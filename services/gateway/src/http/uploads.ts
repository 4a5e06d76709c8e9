import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  CompleteUploadRequestSchema,
  CompleteUploadResponseSchema,
  CreateUploadRequestSchema,
  CreateUploadResponseSchema,
  DocumentSchema,
  DocumentService,
} from "@millrace/proto/document-service";
import { assertValid, messageFromJson } from "@millrace/runtime";
import type { GatewayParts } from "../gateway-parts.ts";
import { completeUpload } from "../handlers/complete-upload.ts";
import { createUpload } from "../handlers/create-upload.ts";
import { messageAnswer } from "./json-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { bodyReasons, documentStoreReasons, type GatewayRoute } from "./route-description.ts";

const reasons = ["NO_OBJECT_STORE", "TOO_MANY_UPLOADS", ...documentStoreReasons] as const;

/**
 * POST /v1/uploads: makes an address for an upload past the gateway. POST /v1/uploads/{id}:complete makes a document of what
 * was sent there.
 */
export function uploadRoutes(parts: GatewayParts): GatewayRoute[] {
  const begin = createUpload(parts);
  const complete = completeUpload(parts);
  return [
    {
      method: "POST",
      path: "/v1/uploads",
      rpc: DocumentService.method.createUpload,
      described: {
        body: { message: CreateUploadRequestSchema },
        answers: {
          201: {
            about: "The address, and the headers that a PUT to it must have.",
            message: CreateUploadResponseSchema,
          },
        },
        reasons: [...bodyReasons, ...reasons, "DOCUMENT_EMPTY", "STORED_BYTES_FULL"],
      },
      async handle({ query, headers, body }, context) {
        assertJson(headers.get("content-type"));
        readQuery(query, {});
        const json = await readJsonObject(body, CreateUploadRequestSchema);
        const request = messageFromJson(CreateUploadRequestSchema, json as JsonObject);
        assertValid(CreateUploadRequestSchema, request);
        return messageAnswer(201, CreateUploadResponseSchema, await begin(request, context));
      },
    },
    {
      method: "POST",
      path: "/v1/uploads/{id}:complete",
      rpc: DocumentService.method.completeUpload,
      described: {
        answers: {
          200: {
            about: "The document: the key had stored the same content before.",
            message: DocumentSchema,
            headers: ["location"],
          },
          201: { about: "The new document.", message: DocumentSchema, headers: ["location"] },
        },
        reasons: [
          ...reasons,
          "UPLOAD_NOT_FOUND",
          "UPLOAD_INCOMPLETE",
          "UPLOAD_DIFFERS",
          "DOCUMENT_TYPE_MISMATCH",
        ],
      },
      async handle({ params: { id: uploadId = "" }, query }, context) {
        readQuery(query, {});
        const request = create(CompleteUploadRequestSchema, { uploadId });
        assertValid(CompleteUploadRequestSchema, request);
        const { document, existing } = create(
          CompleteUploadResponseSchema,
          await complete(request, context),
        );
        return messageAnswer(existing ? 200 : 201, DocumentSchema, document, {
          location: `/v1/documents/${document?.id}`,
        });
      },
    },
  ];
}
