import { create } from "@bufbuild/protobuf";
import type { LivingDocument } from "@millrace/documents";
import { DeleteDocumentRequestSchema, DocumentService } from "@millrace/proto/document-service";
import { isDocumentId, type KeyId } from "@millrace/shared";
import { documentNotFound, ownDocument } from "../../documents/own-document.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { deleteDocument } from "../../handlers/delete-document.ts";
import { documentContentRoute } from "../../http/document-content.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { fileObject, purposeOf } from "../files/file-object.ts";
import { malformed } from "../jobs/read-call.ts";
import { page, pageOf, pageQueryOf } from "../lists/page.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

/** OpenAI's API allows pages of 10,000. A page of Millrace may be shorter than asked for, and says that there are more. */
const MOST_ASKED = 10_000;
const MOST_ON_PAGE = 500;
const READ_AT_ONCE = 500;

/** Reads the files of a purpose, or all, newest first. `after` is the id of the file before them. */
async function* files(
  { documents }: GatewayParts,
  keyId: KeyId,
  purpose: string | null,
  after = "",
): AsyncGenerator<LivingDocument> {
  for (let token: string | undefined = after; token !== undefined; ) {
    const found = await documents.list(keyId, READ_AT_ONCE, token);
    for (const document of found.documents) {
      if (purpose === null || purposeOf(document) === purpose) yield document;
    }
    token = found.nextPageToken;
  }
}

/** GET /v1/files: in ascending order all files are read first, because documents are listed from the newest on. */
const listFilesRoute = ({ parts }: OpenAiParts): OpenAiRoute => ({
  method: "GET",
  path: "/v1/files",
  rpc: DocumentService.method.listDocuments,
  async handle({ query }, { identity: { keyId } }) {
    const { limit, ascending, after } = pageQueryOf(query, MOST_ASKED, MOST_ON_PAGE);
    if (after !== undefined && !isDocumentId(after)) throw malformed("after", "is no file's id");
    const purpose = query.get("purpose");
    const objectOf = (document: LivingDocument) => fileObject(document, parts.documentRetentionMs);
    const found: ReturnType<typeof objectOf>[] = [];
    const most = Math.min(limit, MOST_ON_PAGE);
    for await (const file of files(parts, keyId, purpose, ascending ? "" : after)) {
      found.push(objectOf(file));
      if (!ascending && found.length > most) break;
    }
    if (!ascending) {
      return jsonAnswer(200, JSON.stringify(page(found.slice(0, most), found.length > most)));
    }
    const ordered = pageOf(found.reverse(), { limit: most, ascending, after });
    return jsonAnswer(200, JSON.stringify(ordered));
  },
});

/** The routes of one file. A file is a document, and has its id. */
export const storedFileRoutes = (openAi: OpenAiParts): OpenAiRoute[] => {
  const { parts } = openAi;
  const { getDocument: get, deleteDocument: remove } = DocumentService.method;
  return [
    listFilesRoute(openAi),
    {
      ...{ method: "GET", path: "/v1/files/{id}", rpc: get },
      async handle({ params: { id = "" } }, { identity: { keyId } }) {
        const document = await ownDocument(parts.documents, id, keyId);
        return jsonAnswer(200, JSON.stringify(fileObject(document, parts.documentRetentionMs)));
      },
    },
    { ...documentContentRoute(parts), path: "/v1/files/{id}/content" },
    {
      ...{ method: "DELETE", path: "/v1/files/{id}", rpc: remove },
      async handle({ params: { id = "" } }, context) {
        if (!isDocumentId(id)) throw documentNotFound(id);
        const request = create(DeleteDocumentRequestSchema, { documentId: id });
        await deleteDocument(parts)(request, context);
        return jsonAnswer(200, JSON.stringify({ id, object: "file", deleted: true }));
      },
    },
  ];
};
