/** Proves documents, which do not travel inside other messages, and their descriptions. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { Document } from "@millrace/client";
import {
  DocumentSchema,
  DownloadDocumentResponseSchema,
  GetDocumentResponseSchema,
  UploadDocumentResponseSchema,
} from "@millrace/proto/document-service";
import {
  DownloadDocumentResponseSchema as WorkerDownloadResponseSchema,
  GetDocumentResponseSchema as WorkerGetResponseSchema,
  WorkerService,
} from "@millrace/proto/worker-service";
import { expect, onTestFinished } from "vitest";
import { RawWorker } from "../faults/raw-worker.ts";
import { clientOf, uploadOf } from "../faults/setup.ts";
import { anyText, lately } from "./expected-job.ts";
import type { Expected } from "./ledger.ts";
import type { SpecChoice } from "./specs.ts";
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
  const again = documentOfClient(await millrace.getDocument(byClient.id));
  ledger.compare("client getDocument", DocumentSchema, again, known);
  expect(again.id).toBe(byClient.id);
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
  const document = { ...known, id: documentId };
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
  worker.cut();
}

/** A line of the command's JSON, in which times are texts. */
const asDocument = (line: unknown): Document => {
  const { createTime, ...same } = line as Omit<Document, "createTime"> & { createTime: string };
  return { ...same, createTime: new Date(createTime) };
};

const documentOfClient = ({ sizeBytes, createTime, ...same }: Document) =>
  create(
    DocumentSchema,
    fromJson(DocumentSchema, {
      ...same,
      size: String(sizeBytes),
      ...(createTime === undefined ? {} : { createTime: createTime.toISOString() }),
    }),
  );
