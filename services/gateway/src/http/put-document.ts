import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { contentTypeNamed, documentContentTypes } from "@millrace/documents";
import {
  DocumentService,
  UploadDocumentHeaderSchema,
  UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import { assertValid, type CallHeaders, type HttpRoute, rpcError } from "@millrace/runtime";
import { parse } from "content-disposition";
import { z } from "zod";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { uploadDocument } from "../handlers/upload-document.ts";
import { documentAnswer } from "./document-answer.ts";
import { readQuery } from "./read-query.ts";

const parameters = { name: z.string().optional() };

/** Types that clients send if they do not know the type. The document store then detects it from the content. */
const UNKNOWN = new Set(["", "application/octet-stream"]);

/** A charset is not used, because the encoding of a text is detected when the text is read. */
function contentTypeOf(header: string): string {
  if (UNKNOWN.has(header.split(";")[0]?.trim().toLowerCase() ?? "")) return "";
  const known = contentTypeNamed(header);
  if (known !== undefined) return known;
  const message = `content-type: must be missing, or one of ${documentContentTypes.join(", ")}, not ${JSON.stringify(header.slice(0, 80))}`;
  throw rpcError({ reason: "DOCUMENT_TYPE_MISMATCH", message });
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

/** PUT /v1/documents: stores the body while it arrives. If the body is cut, nothing is stored. */
export function putDocumentRoute(parts: GatewayParts): HttpRoute<Caller> {
  const upload = uploadDocument(parts);
  return {
    method: "PUT",
    path: "/v1/documents",
    rpc: DocumentService.method.uploadDocument,
    bodyUse: "pieces",
    async handle({ query, headers, body }, context) {
      const header = create(UploadDocumentHeaderSchema, {
        name: documentNameOf(readQuery(query, parameters).name, headers),
        contentType: contentTypeOf(headers.get("content-type") ?? ""),
      });
      assertValid(UploadDocumentHeaderSchema, header);
      const { document } = await upload(requestsOf(header, body), context);
      return documentAnswer(201, document, { location: `/v1/documents/${document?.id}` });
    },
  };
}
