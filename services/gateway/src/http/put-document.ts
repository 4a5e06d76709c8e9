import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { mediaTypeNamed } from "@millrace/documents";
import {
  DocumentSchema,
  DocumentService,
  UploadDocumentHeaderSchema,
  UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import {
  assertValid,
  type CallHeaders,
  rpcError,
  timestampOf,
  uploadRefusal,
} from "@millrace/runtime";
import { parse } from "content-disposition";
import { z } from "zod";
import type { GatewayParts } from "../gateway-parts.ts";
import { uploadDocument } from "../handlers/upload-document.ts";
import { messageAnswer } from "./json-answer.ts";
import { readQuery } from "./read-query.ts";
import { documentStoreReasons, type GatewayRoute } from "./route-description.ts";

const parameters = {
  name: z.string().optional(),
  expireTime: z.iso
    .datetime({ offset: true, error: "must be a time such as 2027-01-31T12:00:00Z" })
    .transform((text) => timestampOf(new Date(text).getTime()))
    .optional(),
};

/** The parameters of a content type, such as a charset, are not used: the encoding of a text is detected when it is read. */
function contentTypeOf(header: string): string {
  if (header.trim() === "") return "";
  const named = mediaTypeNamed(header);
  if (named !== undefined) return named;
  const description = `must be missing, or a media type such as application/pdf, not ${JSON.stringify(header.slice(0, 80))}`;
  throw rpcError({
    reason: "MALFORMED",
    message: `content-type: ${description}`,
    violations: [{ field: "content-type", description }],
  });
}

/** Takes the document's name from the query, else from `Content-Disposition: attachment; filename="a.pdf"`. */
function documentNameOf(queryName: string | undefined, headers: CallHeaders): string {
  return queryName ?? parse(headers.get("content-disposition") ?? "").parameters.filename ?? "";
}

async function* requestsOf(
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
  body: AsyncIterable<Uint8Array>,
) {
  yield create(UploadDocumentRequestSchema, { part: { case: "header", value: header } });
  for await (const value of body) {
    const part = { case: "content" as const, value: new Uint8Array(value) };
    yield create(UploadDocumentRequestSchema, { part });
  }
  yield create(UploadDocumentRequestSchema, { part: { case: "end", value: {} } });
}

/**
 * PUT /v1/documents: stores the body while it arrives. If the body is cut, nothing is stored. Answers 200 if the key had
 * stored the same content before, and else 201.
 */
export function putDocumentRoute(parts: GatewayParts): GatewayRoute {
  const upload = uploadDocument(parts);
  return {
    method: "PUT",
    path: "/v1/documents",
    rpc: DocumentService.method.uploadDocument,
    bodyUse: "pieces",
    described: {
      request: UploadDocumentHeaderSchema,
      query: parameters,
      headers: ["content-disposition"],
      body: "bytes",
      answers: {
        200: {
          about: "The document: the key had stored the same content before.",
          message: DocumentSchema,
          headers: ["location"],
        },
        201: { about: "The new document.", message: DocumentSchema, headers: ["location"] },
      },
      reasons: [
        "TOO_LARGE",
        "STORED_BYTES_FULL",
        "TOO_MANY_UPLOADS",
        "UPLOAD_TIMEOUT",
        "DOCUMENT_EMPTY",
        "DOCUMENT_TYPE_MISMATCH",
        "DOCUMENT_ENCRYPTED",
        "DOCUMENT_UNREADABLE",
        ...documentStoreReasons,
      ],
    },
    async handle({ query, headers, body }, context) {
      const { name, expireTime } = readQuery(query, parameters);
      const header = create(UploadDocumentHeaderSchema, {
        name: documentNameOf(name, headers),
        ...(expireTime === undefined ? {} : { expireTime }),
        contentType: contentTypeOf(headers.get("content-type") ?? ""),
      });
      assertValid(UploadDocumentHeaderSchema, header);
      // A caller that waits for `100 Continue` then sends nothing.
      if (Number(headers.get("content-length") ?? 0) > parts.documents.maxBytes) {
        throw uploadRefusal({ kind: "tooLarge", limitBytes: parts.documents.maxBytes });
      }
      const { document, existing } = await upload(requestsOf(header, body), context);
      return messageAnswer(existing ? 200 : 201, DocumentSchema, document, {
        location: `/v1/documents/${document?.id}`,
      });
    },
  };
}
