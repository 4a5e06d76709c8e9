/** Proves documents, which do not travel inside other messages, and their descriptions. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromJson, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Timestamp,
  timestampDate,
  timestampFromMs,
  timestampMs,
} from "@bufbuild/protobuf/wkt";
import type { Document } from "@millrace/client";
import {
  DocumentSchema,
  DownloadDocumentResponseSchema,
  GetDocumentResponseSchema,
  ListDocumentsResponseSchema,
  UploadDocumentResponseSchema,
} from "@millrace/proto/document-service";
import {
  type StoreDocumentRequestSchema,
  StoreDocumentResponseSchema,
  DownloadDocumentResponseSchema as WorkerDownloadResponseSchema,
  GetDocumentResponseSchema as WorkerGetResponseSchema,
  WorkerService,
} from "@millrace/proto/worker-service";
import { systemClock } from "@millrace/shared";
import { expect, onTestFinished } from "vitest";
import { RawWorker } from "../faults/raw-worker.ts";
import { clientOf, uploadOf } from "../faults/setup.ts";
import { anyText, lately } from "./expected-job.ts";
import { type Expected, Wanted } from "./ledger.ts";
import type { SpecChoice } from "./specs.ts";
import type { World } from "./world.ts";

const inThirtyDays = new Wanted("a time in about thirty days", (value) => {
  const days = (timestampMs(value as Timestamp) - systemClock.nowMs()) / (24 * 3_600_000);
  return days > 29.9 && days <= 30.1;
});

const documentOfClient = ({ sizeBytes, createTime, expireTime, ...same }: Document) =>
  create(
    DocumentSchema,
    fromJson(DocumentSchema, {
      ...same,
      size: String(sizeBytes),
      ...(createTime === undefined ? {} : { createTime: createTime.toISOString() }),
      ...(expireTime === undefined ? {} : { expireTime: expireTime.toISOString() }),
    }),
  );

const content = Buffer.from("The sea was calm, and then it was not.");
const name = "the-sea.md";
const contentType = "text/markdown";
const known: Expected = {
  ...{ id: anyText, name, contentType, createTime: lately, size: BigInt(content.length) },
  expireTime: inThirtyDays,
  sha256: createHash("sha256").update(content).digest("hex"),
};

export async function proveDocuments(world: World): Promise<void> {
  await proveStored(world);
  await proveUnreadable(world);
  await proveLists(world);
}

/** A document that can be read, whose retention the gateway decides. */
async function proveStored(world: World): Promise<void> {
  const { ledger, documents, millrace, http } = world;
  const uploaded = await documents.uploadDocument(uploadOf({ name, contentType }, content));
  ledger.compare("UploadDocument response", UploadDocumentResponseSchema, uploaded, {
    document: known,
  });
  const documentId = String(uploaded.document?.id);
  const again = await documents.uploadDocument(uploadOf({ name, contentType }, content));
  ledger.compare("UploadDocument response", UploadDocumentResponseSchema, again, {
    document: { ...known, id: documentId },
    existing: true,
  });
  const got = await documents.getDocument({ documentId });
  ledger.compare("DocumentService.GetDocument response", GetDocumentResponseSchema, got, {
    document: { ...known, id: documentId },
  });
  ledger.prove("DocumentService.GetDocument request", "document_id");
  const pieces = await Array.fromAsync(documents.downloadDocument({ documentId }));
  for (const piece of pieces) {
    const isFirst = piece.part.case === "document";
    ledger.compare(
      "DocumentService.DownloadDocument response",
      DownloadDocumentResponseSchema,
      piece,
      {
        ...(isFirst ? { document: { ...known, id: documentId } } : { content }),
      },
    );
  }
  // The document was stored, so the end message arrived too.
  ledger.prove("UploadDocument request", "header", "content", "end");
  ledger.prove("DocumentService.DownloadDocument request", "document_id");

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

  const folder = await mkdtemp(join(tmpdir(), "millrace-fields-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, name);
  await writeFile(file, content);
  const [stored] = await Array.fromAsync(world.cliLines("documents", "upload", file));
  const byUpload = documentOfClient(asDocument(stored));
  ledger.compare("millrace documents upload", DocumentSchema, byUpload, known);
  const [printed] = await Array.fromAsync(world.cliLines("documents", "get", byUpload.id));
  const byCommand = documentOfClient(asDocument(printed));
  ledger.compare("millrace documents get", DocumentSchema, byCommand, known);

  const byClient = await millrace.uploadDocument(content, { name, contentType });
  ledger.compare("client uploadDocument", DocumentSchema, documentOfClient(byClient), known);
  const read = documentOfClient(await millrace.getDocument(byClient.id));
  ledger.compare("client getDocument", DocumentSchema, read, known);
  expect(read.id).toBe(byClient.id);
}

/** An image of a kind that nobody reads, which expires when its upload says. */
async function proveUnreadable({ ledger, documents, millrace, http }: World): Promise<void> {
  const image = Buffer.from(
    "47494638396101000100800000000000ffffff2c00000000010001000002024401003b",
    "hex",
  );
  const expireTime = timestampFromMs(Date.UTC(2100, 0, 31));
  const expected: Expected = {
    ...{ id: anyText, name: "sea.gif", contentType: "image/gif", createTime: lately, expireTime },
    ...{ size: BigInt(image.length), unreadable: anyText },
    sha256: createHash("sha256").update(image).digest("hex"),
  };
  const header = { name: "sea.gif", contentType: "image/gif", expireTime };
  const uploaded = await documents.uploadDocument(uploadOf(header, image));
  ledger.compare("UploadDocument response", UploadDocumentResponseSchema, uploaded, {
    document: expected,
  });
  const documentId = String(uploaded.document?.id);
  const got = await documents.getDocument({ documentId });
  ledger.compare("DocumentService.GetDocument response", GetDocumentResponseSchema, got, {
    document: expected,
  });
  const [first] = await Array.fromAsync(documents.downloadDocument({ documentId }));
  ledger.compare(
    "DocumentService.DownloadDocument response",
    DownloadDocumentResponseSchema,
    first as never,
    {
      document: expected,
    },
  );
  const put = await http("/v1/documents?name=sea.gif&expireTime=2100-01-31T00:00:00Z", {
    ...{ method: "PUT", headers: { "content-type": "image/gif" }, body: image },
  });
  const byPut = fromJson(DocumentSchema, (await put.json()) as JsonObject);
  ledger.compare("HTTP PUT /v1/documents", DocumentSchema, byPut, expected);
  const shown = (await (await http(`/v1/documents/${documentId}`)).json()) as JsonObject;
  const byGet = fromJson(DocumentSchema, shown);
  ledger.compare("HTTP GET /v1/documents/{id}", DocumentSchema, byGet, expected);
  const options = { ...header, expireTime: timestampDate(expireTime) };
  const byClient = documentOfClient(await millrace.uploadDocument(image, options));
  ledger.compare("client uploadDocument", DocumentSchema, byClient, expected);
  const read = documentOfClient(await millrace.getDocument(documentId));
  ledger.compare("client getDocument", DocumentSchema, read, expected);
}

/** The lists, and the deletion of what they show. */
async function proveLists({ ledger, documents, millrace, http }: World): Promise<void> {
  const [image, text] = (await documents.listDocuments({})).documents;
  if (image === undefined || text === undefined) throw new Error("two documents must be listed");
  const page = await documents.listDocuments({ pageSize: 1 });
  ledger.compare("ListDocuments response", ListDocumentsResponseSchema, page, {
    ...{ documents: [image], nextPageToken: anyText },
  });
  const { nextPageToken: pageToken } = page;
  const rest = await documents.listDocuments({ pageSize: 1, pageToken });
  ledger.compare("ListDocuments response", ListDocumentsResponseSchema, rest, {
    documents: [text],
    ...(rest.nextPageToken === "" ? {} : { nextPageToken: anyText }),
  });
  ledger.prove("ListDocuments request", "page_size", "page_token");
  const json = (await (await http("/v1/documents?pageSize=1")).json()) as JsonObject;
  const byHttp = fromJson(ListDocumentsResponseSchema, json);
  ledger.compare("HTTP GET /v1/documents", ListDocumentsResponseSchema, byHttp, {
    ...{ documents: [image], nextPageToken: anyText },
  });
  const [byClient] = await Array.fromAsync(millrace.listDocuments({ pageSize: 1 }));
  if (byClient === undefined) throw new Error("a document must be listed");
  const listed = documentOfClient(byClient);
  ledger.compare("client listDocuments", DocumentSchema, listed, image as never);
  await documents.deleteDocument({ documentId: image.id });
  const gone = documents.getDocument({ documentId: image.id });
  await expect(gone).rejects.toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  ledger.prove("DeleteDocument request", "document_id");
}

/** Proves that a worker reads the documents of the job that it runs. */
export async function proveWorkerDocuments(world: World, choice: SpecChoice): Promise<void> {
  const { ledger, documents, jobs } = world;
  const uploaded = await documents.uploadDocument(uploadOf({ name, contentType }, content));
  const documentId = String(uploaded.document?.id);
  const { rpc } = clientOf(WorkerService, world.workers);
  const worker = new RawWorker(world.workers);
  await worker.hello(choice.queue, { types: [choice.type], credit: 1 });
  const { queue, type } = choice;
  await jobs.submitJob({ job: { queue, type, documentIds: [documentId] } });
  const { lease } = await worker.take();
  // A scheduler does not know how long the gateways keep documents.
  const { expireTime: _, ...shown } = known;
  const document = { ...shown, id: documentId };
  const got = await rpc.getDocument({ lease, documentId });
  ledger.compare("WorkerService.GetDocument response", WorkerGetResponseSchema, got, { document });
  for await (const piece of rpc.downloadDocument({ lease, documentId })) {
    const isFirst = piece.part.case === "document";
    ledger.compare(
      "WorkerService.DownloadDocument response",
      WorkerDownloadResponseSchema,
      piece,
      isFirst ? { document } : { content },
    );
  }
  for (const way of ["GetDocument", "DownloadDocument"]) {
    ledger.prove(`WorkerService.${way} request`, "lease", "document_id");
  }
  // The same content under the same type is the document that the caller has uploaded.
  const parts: readonly StorePart[] = [
    { case: "header", value: { lease, name, contentType } },
    { case: "content", value: content },
    { case: "end", value: {} },
  ];
  const stored = await rpc.storeDocument(messagesOf(parts));
  ledger.compare("StoreDocument response", StoreDocumentResponseSchema, stored, {
    ...{ document, existing: true },
  });
  const others = parts.map((part) =>
    part.case === "content" ? { ...part, value: Buffer.from("other") } : part,
  );
  const other = await rpc.storeDocument(messagesOf(others));
  expect(other).toMatchObject({ existing: false, document: { name, contentType } });
  ledger.prove("StoreDocument request", "header", "content", "end", "header.lease");
  ledger.prove("StoreDocument request", "header.name", "header.content_type");
  const expires = timestampFromMs(Date.UTC(2100, 0, 31));
  const expiring = parts.map((part) => {
    if (part.case === "content") return { ...part, value: Buffer.from("expires") };
    return part.case === "header"
      ? { ...part, value: { ...part.value, expiresAt: expires } }
      : part;
  });
  const kept = await rpc.storeDocument(messagesOf(expiring as readonly StorePart[]));
  const found = await documents.getDocument({ documentId: String(kept.document?.id) });
  expect(found.document?.expireTime).toEqual(expires);
  ledger.prove("StoreDocument request", "header.expires_at");
  worker.cut();
}

type StoreMessage = MessageInitShape<typeof StoreDocumentRequestSchema>;
type StorePart = NonNullable<StoreMessage["part"]>;

async function* messagesOf(parts: readonly StorePart[]): AsyncGenerator<StoreMessage> {
  for (const part of parts) yield { part };
}

/** A line of the command's JSON, in which times are texts. */
const asDocument = (line: unknown): Document => {
  type Line = Omit<Document, "createTime" | "expireTime"> &
    Record<"createTime" | "expireTime", string>;
  const { createTime, expireTime, ...same } = line as Line;
  return { ...same, createTime: new Date(createTime), expireTime: new Date(expireTime) };
};
