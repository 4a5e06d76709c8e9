import type { DocumentStore } from "@millrace/documents";
import type { BatchPayload } from "@millrace/job-types";
import type { KeyId } from "@millrace/shared";
import { type AttemptContext, NonRetryableError } from "@millrace/worker-sdk";
import { type Line, linesOf } from "./lines.ts";
import { type BatchRequest, LINE_BYTES, readRequest } from "./request.ts";

export type Attempt = Pick<AttemptContext, "keyId" | "signal">;

export const fileNotFound = (id: string) =>
  new NonRetryableError("DOCUMENT_NOT_FOUND", `There is no file ${id}.`);

/** The lines of a batch's file, from its beginning each time. */
export async function* inputLines(
  store: DocumentStore,
  batch: BatchPayload,
  { keyId, signal }: Attempt,
): AsyncGenerator<Line> {
  const { input_file_id: id } = batch;
  const document = await store.get(id, keyId as KeyId);
  if (document === undefined) throw fileNotFound(id);
  for await (const line of linesOf(store.read(document), LINE_BYTES)) {
    signal.throwIfAborted();
    yield line;
  }
}

/** The requests of a file whose lines were checked. */
export async function* requestsOf(
  store: DocumentStore,
  batch: BatchPayload,
  attempt: Attempt,
): AsyncGenerator<BatchRequest> {
  for await (const line of inputLines(store, batch, attempt)) {
    const checked = readRequest(line, batch);
    if ("problem" in checked) {
      throw new Error(`line ${line.number} was right before: ${checked.problem.message}`);
    }
    yield checked.request;
  }
}
