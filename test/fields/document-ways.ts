/** Proves documents, which do not travel inside other messages, and their descriptions. */
import { createHash } from "node:crypto";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { Document } from "@millrace/client";
import {
  DocumentSchema,
  DownloadDocumentResponseSchema,
  GetDocumentResponseSchema,
  UploadDocumentResponseSchema,
} from "@millrace/proto/document-service";
import { expect } from "vitest";
import { uploadOf } from "../faults/setup.ts";
import { anyText, lately } from "./expected-job.ts";
import type { Expected } from "./ledger.ts";
import type { World } from "./world.ts";

const content = Buffer.from("The sea was calm, and then it was not.");
const name = "the-sea.md";
const contentType = "text/markdown";
const known: Expected = {
  ...{ id: anyText, name, contentType, createTime: lately, size: BigInt(content.length) },
  sha256: createHash("sha256").update(content).digest("hex"),
};

export async function proveDocuments(world: World): Promise<void> {
  const { ledger, documents, millrace, http } = world;
  const uploaded = await documents.uploadDocument(uploadOf({ name, contentType }, content));
  ledger.compare("UploadDocument response", UploadDocumentResponseSchema, uploaded, {
    document: known,
  });
  const documentId = String(uploaded.document?.id);
  const got = await documents.getDocument({ documentId });
  ledger.compare("GetDocument response", GetDocumentResponseSchema, got, {
    document: { ...known, id: documentId },
  });
  ledger.prove("GetDocument request", "document_id");
  const pieces = await Array.fromAsync(documents.downloadDocument({ documentId }));
  for (const piece of pieces) {
    const isFirst = piece.part.case === "document";
    ledger.compare("DownloadDocument response", DownloadDocumentResponseSchema, piece, {
      ...(isFirst ? { document: { ...known, id: documentId } } : { content }),
    });
  }
  // The document was stored, so the end message arrived too.
  ledger.prove("UploadDocument request", "header", "content", "end");
  ledger.prove("DownloadDocument request", "document_id");

  const put = await http(`/v1/documents?name=${name}`, {
    method: "PUT",
    headers: { "content-type": contentType },
    body: content,
  });
  const byPut = fromJson(DocumentSchema, (await put.json()) as JsonObject);
  ledger.compare("HTTP PUT /v1/documents", DocumentSchema, byPut, known);
  const shown = (await (await http(`/v1/documents/${byPut.id}`)).json()) as JsonObject;
  const byGet = fromJson(DocumentSchema, shown);
  ledger.compare("HTTP GET /v1/documents/{id}", DocumentSchema, byGet, known);

  const byClient = await millrace.uploadDocument(content, { name, contentType });
  ledger.compare("client uploadDocument", DocumentSchema, documentOfClient(byClient), known);
  const again = documentOfClient(await millrace.getDocument(byClient.id));
  ledger.compare("client getDocument", DocumentSchema, again, known);
  expect(again.id).toBe(byClient.id);
}

const documentOfClient = ({ sizeBytes, createTime, ...same }: Document) =>
  create(
    DocumentSchema,
    fromJson(DocumentSchema, {
      ...same,
      size: String(sizeBytes),
      ...(createTime === undefined ? {} : { createTime: createTime.toISOString() }),
    }),
  );
