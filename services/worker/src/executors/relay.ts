import type { DocumentStore } from "@millrace/documents";
import { relayedPayloads } from "@millrace/job-types";
import { jsonText, limits, type RelayedCall } from "@millrace/shared";
import { type AttemptContext, type Executor, JobFailure } from "@millrace/worker-sdk";
import { parsePayload } from "./payload.ts";
import { withDocuments } from "./referred-documents.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Passes a request on as its caller wrote it. The output is the provider's stream events, each a line of JSON in chunks of data.
 * The result is the provider's object, or the reference of a document that has it.
 */
export function relayExecutor(call: RelayedCall, store: DocumentStore): Executor {
  return async (context) => {
    const payload: Json = parsePayload(relayedPayloads[call], context.payload);
    const body = await withDocuments(payload, context, store);
    const object = await context.models.relay({ call, body }, writer(context));
    return stored(call, object, context);
  };
}

/** Writes events until the job's output is full: the result has all of them. */
function writer({ writeData, log, signal }: AttemptContext): (event: Json) => Promise<void> {
  let isFull = false;
  return async (event) => {
    if (isFull) return;
    try {
      await writeData(Buffer.from(`${jsonText(event)}\n`));
    } catch (error) {
      if (signal.aborted || !(error instanceof JobFailure) || error.reason !== "TOO_LARGE")
        throw error;
      isFull = true;
      log("warn", "the output of the job is full; its further events are left out", {
        limitBytes: limits.outputBytes,
      });
    }
  };
}

/** Returns the object as a result, or stores it as a document if it is too long for one. */
async function stored(call: RelayedCall, object: Json, context: AttemptContext): Promise<unknown> {
  const text = jsonText(object);
  if (Buffer.byteLength(text) <= limits.resultBytes) return object;
  const { id, sizeBytes } = await context.storeDocument({
    content: text,
    name: `${call}.json`,
    contentType: "application/json",
  });
  return { object: "millrace.document", document_id: id, size_bytes: sizeBytes };
}
