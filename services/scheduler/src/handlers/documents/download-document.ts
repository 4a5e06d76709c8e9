import type { WorkerService } from "@millrace/proto/worker-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { documentMessage } from "../../messages/document-message.ts";
import type { WorkerPass } from "../../tokens/worker-tokens.ts";
import { type LeasedDocumentParts, leasedDocument } from "./leased-document.ts";

/**
 * How many documents a scheduler sends at once. Leasing comes first: each download takes a share of the scheduler's thread,
 * and a worker that reads slowly keeps its place.
 */
export const DOWNLOADS_AT_ONCE = 32;
const AGAIN_MS = 1_000;

export function downloadDocument(
  parts: LeasedDocumentParts,
): Handler<(typeof WorkerService)["method"]["downloadDocument"], WorkerPass> {
  let open = 0;
  return async function* (request, context) {
    if (open >= DOWNLOADS_AT_ONCE) throw tooMany();
    open += 1;
    try {
      const { document, store } = await leasedDocument(parts, request, context);
      yield { part: { case: "document", value: documentMessage(document) } };
      for await (const value of store.read(document)) {
        yield { part: { case: "content", value: new Uint8Array(value) } };
      }
    } finally {
      open -= 1;
    }
  };
}

const tooMany = () =>
  rpcError({
    reason: "TOO_MANY_STREAMS",
    message: `this scheduler sends ${DOWNLOADS_AT_ONCE} documents now, which is the limit: try again in a moment`,
    metadata: { limit: String(DOWNLOADS_AT_ONCE) },
    retryDelayMs: AGAIN_MS,
  });
